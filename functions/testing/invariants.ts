import { expect } from 'vitest'
import type { DeploymentEvent } from '../../events/deployment/events.ts'
import { currentClaim, evolve, type Deployment } from '../../events/deployment/state.ts'
import { statusOf } from '../../events/deployment/status.ts'
import { streamCategory } from '../../events/envelope.ts'
import type { Instance, InstanceEvent } from '../../events/instance/events.ts'
import { TRANSITIONS, type Status } from '../../events/states.ts'
import type { TestPlatform } from '../../infra/platform/testing.ts'
import { routeOf } from '../../infra/routes/route-of.ts'
import { history } from './playground.ts'

/** Every change that people could see is a row of the table of states. */
export const expectLegalHistory = async (platform: TestPlatform, deploymentId: string): Promise<void> => {
  let deployment: Deployment | null = null
  const instances = new Map<string, Instance>()
  for (const event of await history(platform)) {
    if (streamCategory(event.stream) === 'name' || (event.data as { deploymentId: string }).deploymentId !== deploymentId) continue
    const before = seen(deployment, instances)
    if (streamCategory(event.stream) === 'deployment') deployment = evolve(deployment, event as unknown as DeploymentEvent, event.revision)
    else instances.set((event as unknown as InstanceEvent).data.claimId, (event as unknown as InstanceEvent).data.instance)
    const after = seen(deployment, instances)
    if (before === null || before === after) continue
    const row = TRANSITIONS.find((each) => each.event === event.type && (each.from as readonly Status[]).includes(before) && each.to === after)
    expect(row, `${event.type} took ${deploymentId} from ${before} to ${after ?? 'nothing'}`).toBeDefined()
  }
}

/**
 * At rest: in the state its owner wants (`running` says which of those that may be), one slot at most and only where one is due,
 * and the edge knows. A slot that died in its sleep is missed only by the next visitor.
 */
export const expectAtRest = async (platform: TestPlatform, deploymentId: string, running: readonly Status[]): Promise<void> => {
  const { deployment, instance, status } = await platform.deployments.load(deploymentId)
  expect({ running, stopped: ['stopped'], deleted: ['deleted'] }[deployment.wanted]).toContain(status)
  const held = platform.agents.held().filter((slot) => slot.deploymentId === deploymentId)
  const claim = { claimId: currentClaim(deployment), frozen: status === 'paused' }
  const allowed = status === 'running' ? [[claim]] : status === 'paused' ? [[claim], []] : [[]]
  expect(allowed).toContainEqual(held.map(({ claimId: of, frozen }) => ({ claimId: of, frozen })))
  const { state, claimId, address } = routeOf(deployment, instance?.instance ?? null, '0')
  expect(await platform.routes.get(deploymentId)).toMatchObject({ state, claimId, address })
}

const seen = (deployment: Deployment | null, instances: ReadonlyMap<string, Instance>): Status | null =>
  deployment && statusOf(deployment, instances.get(currentClaim(deployment) ?? '') ?? null)
