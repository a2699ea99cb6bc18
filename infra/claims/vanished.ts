import type { NodeEvent } from '../../events/node/events.ts'
import { evolve, type Node } from '../../events/node/state.ts'
import { later, now, type Platform } from '../platform/port.ts'

/** Clocks of nodes differ, and a sign of life travels; milliseconds. */
const MARGIN_MS = 5_000

/** Whether an agent is known to be lost for so long that every lease it ever gave has ended. An agent that comes back says so first. */
export const leaseHasEnded = async (node: string, on: Pick<Platform, 'store' | 'clock' | 'settings'>): Promise<boolean> => {
  const newest = await on.store.last<NodeEvent>(`node.${node}`)
  return newest !== null && isGone(evolve(null, newest), on)
}

/** The same of a node that is known. */
export const isGone = (node: Node | null, on: Pick<Platform, 'clock' | 'settings'>): boolean =>
  node?.status === 'lost' && Date.parse(now(on)) > Date.parse(leasesEndAt(node, on))

/** When every lease that a node's agent ever gave has ended: none is longer than from its newest sign of life. RFC 3339. */
export const leasesEndAt = ({ lastSeenAt }: Pick<Node, 'lastSeenAt'>, { settings }: Pick<Platform, 'settings'>): string => later(lastSeenAt, settings.heal.leaseMs + MARGIN_MS)
