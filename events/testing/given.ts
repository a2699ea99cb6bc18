import { expect } from 'vitest'
import type { DeploymentEvent } from '../deployment/events.ts'
import { currentClaim, evolve, type Deployment } from '../deployment/state.ts'
import { statusOf } from '../deployment/status.ts'
import type { DomainEvent } from '../envelope.ts'
import { CatalogueError, type ErrorCode, type ErrorDetails } from '../errors.ts'
import type { Instance, InstanceEvent } from '../instance/events.ts'
import { evolve as evolveInstance } from '../instance/state.ts'
import type { Status } from '../states.ts'

/** One deployment as its events tell it, with the instance of its current claim. */
export type World = { readonly deployment: Deployment; readonly instance: Instance | null; readonly status: Status }
export type History = readonly (DeploymentEvent | InstanceEvent)[]
/** A command, ready for whatever it is given: `(world) => decide.stop(command, world.deployment, world.status)`. */
export type Decision = (world: World) => readonly DomainEvent[]

/** Folds a history, in the order it happened. @throws Error when it does not begin with DeploymentRequested */
export const worldAfter = (history: History): World => {
  let deployment: Deployment | null = null
  let revision = 0
  const instances = new Map<string, Instance>()
  for (const event of history) {
    if (isOfInstance(event)) instances.set(event.data.claimId, evolveInstance(instances.get(event.data.claimId) ?? null, event))
    else deployment = evolve(deployment, event, revision++)
  }
  if (!deployment) throw new Error('a history begins with DeploymentRequested')
  const instance = instances.get(currentClaim(deployment) ?? '') ?? null
  return { deployment, instance, status: statusOf(deployment, instance) }
}

/** `given([requested, started]).when(pause({ reason: 'idle', at })).then([pauseRequested])` */
export const given = (history: History) => ({
  when: (decision: Decision) => ({
    /** What was decided, exactly; [] when there is nothing to do. */
    // oxlint-disable-next-line unicorn/no-thenable -- the end of a sentence; nobody awaits it
    then: (events: readonly DomainEvent[]): void => {
      expect(decision(worldAfter(history))).toEqual(events)
    },
    /** It is refused with that error, and those details among others. */
    refused: (code: ErrorCode, details: ErrorDetails = {}): void => {
      const error = thrown(() => decision(worldAfter(history)))
      expect(error).toBeInstanceOf(CatalogueError)
      expect(error).toMatchObject({ code, details })
    },
  }),
})

const isOfInstance = (event: DeploymentEvent | InstanceEvent): event is InstanceEvent => 'instance' in event.data

const thrown = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    return error
  }
}
