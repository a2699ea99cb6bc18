import { gauge, seconds } from '../metrics/registry.ts'
import type { Held, Heartbeat } from './port.ts'

/** `outcome`: `ok`, `busy`, or the code of the refusal. */
export const verbs = seconds('playground_agent_seconds', 'Time an agent took to claim, freeze, thaw, release or list', 'verb', 'outcome')

type AgentFigures = { readonly figures: () => Heartbeat; readonly held: () => readonly Pick<Held, 'state'>[] }

/** Slots and pressure of this node, as they are when they are asked for. */
export const measureAgent = ({ figures, held }: AgentFigures): void => {
  gauge('playground_slots', 'Slots of a node: spare ones are warm and nobody has claimed them', ['state'], (own) => {
    const spare = Object.values(figures().free).reduce((sum, free) => sum + free, 0)
    const frozen = held().filter(({ state }) => state === 'frozen').length
    for (const [state, value] of Object.entries({ spare, frozen, running: held().length - frozen })) own.set({ state }, value)
  })
  gauge('playground_node_pressure_percent', 'Share of the last ten seconds in which something waited for a resource of the node (PSI avg10, some)', ['resource'], (own) => {
    for (const [resource, value] of Object.entries(figures().psi)) own.set({ resource }, value)
  })
  gauge('playground_node_load', 'Load of the node in the last minute, per core', [], (own) => own.set(figures().load))
  gauge('playground_node_memory_free_bytes', 'Memory of the node that can be had', [], (own) => own.set(figures().memoryFreeBytes))
}
