import { gauge } from '../metrics/registry.ts'
import type { Generation, Task } from './seen.ts'

const STATES: readonly Task['state'][] = ['beginning', 'running', 'ended', 'failed']

/** Slots of all generations as Swarm has them; told by the keeper that leads. */
export const measureKeeper = (seen: () => readonly Generation[]): void => {
  gauge('playground_slot_generations', 'Generations of slots: one, and while deployments move to another image two', ['plan'], (own) => {
    own.reset()
    for (const { plan } of seen()) own.inc({ plan })
  })
  gauge('playground_slot_tasks', 'Tasks of slot services by what Swarm says of them: `failed` ones are replaced, `ended` ones are spares that were retired', ['plan', 'state'], (own) => {
    own.reset()
    for (const { plan, tasks } of seen()) for (const state of STATES) own.inc({ plan, state }, tasks.filter((task) => task.state === state).length)
  })
}
