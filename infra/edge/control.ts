import { comparePositions } from '../event-store/port.ts'
import { parseActivity, showActivity, together } from './activity.ts'
import type { Route } from '../routes/port.ts'
import type { MapSync } from './map-sync.ts'
import type { Activity, EdgeClaim, Quiesced } from './port.ts'
import type { RouteTable } from './route-table.ts'
import type { InFlight } from './waker/in-flight.ts'
import type { WaitingRoom } from './waker/waiting-room.ts'

/** The verbs of one edge, over its HAProxy and its waker. */
export type EdgeControl = {
  /** Resolves when HAProxy has the route in its maps. */
  learn(route: Route): Promise<void>
  quiesce(claim: EdgeClaim): Promise<Quiesced>
  restore(claim: EdgeClaim): void
  /** Rejects when HAProxy is away: what is not known is not nothing. */
  activity(claim: EdgeClaim): Promise<Activity>
}

export type ControlOptions = { readonly table: RouteTable; readonly maps: Pick<MapSync, 'send' | 'sendReplaced'>; readonly waking: InFlight; readonly waitingAs: WaitingRoom['waitingAs'] }

/**
 * Requests of a claim: those counted `before` it was last awake, and those told to whoever asked for quiet, at `asked` (the
 * sequence of that). They are of the time before as soon as a later event says that it sleeps.
 */
type Tally = { readonly claimId: string; readonly before: number; readonly told: { readonly requests: number; readonly asked: string } | null }

export const edgeControl = ({ table, maps, waking, waitingAs }: ControlOptions): EdgeControl => {
  const tallies = new Map<string, Tally>()
  /** Claims that are held, and when that ends by itself. */
  const holds = new Map<string, NodeJS.Timeout>()
  const tallyOf = (deploymentId: string, claimId: string): Tally => {
    const tally = tallies.get(deploymentId)
    return tally?.claimId === claimId ? tally : { claimId, before: 0, told: null }
  }
  table.onChange((deploymentId) => {
    const tally = tallies.get(deploymentId)
    const route = table.effective(deploymentId)
    if (!tally?.told || route?.state !== 'asleep' || comparePositions(route.sequence, tally.told.asked) <= 0) return
    tallies.set(deploymentId, { ...tally, before: tally.told.requests, told: null })
  })

  /** Over the whole life of the claim, as long as HAProxy runs. `held`: requests that it counts, and of which the slot has seen nothing. */
  const counted = async (claimId: string, held = 0): Promise<Activity> => {
    // sent after the slot left the map, and run in that order: who still got it is in the answer
    const all = await Promise.all([maps.send(showActivity(claimId)), maps.sendReplaced(showActivity(claimId))])
    const shown = together(all.flat().map(parseActivity))
    const passed = waking.of(claimId)
    const idle = [shown.idleMs, passed.idleMs].filter((ms) => ms !== null)
    return {
      // what both count is taken once: the larger, since one may see the end of a request before the other
      inFlight: Math.max(shown.inFlight - held, passed.alike) + passed.inFlight - passed.alike,
      idleMs: idle.length === 0 ? null : Math.min(...idle),
      requests: shown.requests + passed.requests,
    }
  }

  const hold = (claim: EdgeClaim): void => {
    clearTimeout(holds.get(claim.claimId))
    holds.delete(claim.claimId)
    if (claim.holdMs !== undefined) holds.set(claim.claimId, setTimeout(() => restore(claim), claim.holdMs).unref())
  }

  const restore = ({ deploymentId, claimId }: EdgeClaim): void => {
    hold({ deploymentId, claimId })
    tallies.set(deploymentId, { ...tallyOf(deploymentId, claimId), told: null })
    table.restore(claimId)
  }

  /** HAProxy begins from none when it is restarted. */
  const since = (before: number, requests: number): number => (requests >= before ? requests - before : requests)

  return {
    learn: async (route) => {
      table.accept(route)
      await maps.send(showActivity(route.deploymentId)) // commands are run in order: when this is answered, the maps are changed
    },
    quiesce: async (claim) => {
      const { deploymentId, claimId, sequence } = claim
      table.quiesce(deploymentId, claimId, sequence)
      hold(claim)
      try {
        // those who wait for the slot that follows are in nobody's way; whoever comes while HAProxy answers is looked at the next time
        const held = claim.holdMs === undefined ? 0 : waitingAs(deploymentId, claimId)
        const { inFlight, requests } = await counted(claimId, held)
        if (inFlight > 0) {
          if (claim.holdMs === undefined) restore(claim) // nobody freezes a busy one, so its visitors need not wait
          return { state: 'busy', reason: `${inFlight} ${inFlight === 1 ? 'request is' : 'requests are'} in flight` }
        }
        const tally = tallyOf(deploymentId, claimId)
        tallies.set(deploymentId, { ...tally, told: { requests, asked: sequence ?? table.effective(deploymentId)?.sequence ?? '0' } })
        return { state: 'quiesced', requests: since(tally.before, requests) }
      } catch (error) {
        restore(claim)
        return { state: 'busy', reason: error instanceof Error ? error.message : String(error) }
      }
    },
    restore,
    activity: async ({ deploymentId, claimId }) => {
      const activity = await counted(claimId)
      return { ...activity, requests: since(tallyOf(deploymentId, claimId).before, activity.requests) }
    },
  }
}
