import { failure } from '../../../../events/errors.ts'
import type { Log } from '../../../log.ts'
import type { HostCall, HostReply } from '../../host.ts'
import { attempt, Broken } from './attempt.ts'
import { choose } from './choose.ts'
import { refused, type Replica } from './replica.ts'
import { mayGoAgain } from './retry-rule.ts'
import type { RoutingTable } from './table.ts'
import type { WaitingRoom } from './waiting-room.ts'

export type Calling = {
  readonly table: RoutingTable
  readonly room: WaitingRoom
  /** Told of each attempt: `answered`, or how far it came. */
  readonly attempted: (functionId: string, outcome: Outcome) => void
  /** A replica refuses: the table may be old. */
  readonly suspect: () => void
  readonly log: Log
}
/** How often it is said that a call waits, milliseconds. */
const SAY_MS = 1_000

export type Outcome = 'answered' | 'refused' | 'broken'

/**
 * Calls one of a function's replicas, another one where the first cannot be reached, and waits where none can. A call that may have
 * been carried out is made again only when twice is as good as once.
 * @throws FUNCTION_STARTING, FUNCTION_CROWDED, FUNCTION_BROKE_OFF, the signal's reason
 */
export const callReplica = async (functionId: string, call: HostCall, { table, room, attempted, suspect, log }: Calling): Promise<HostReply> => {
  const tried = new Set<Replica>()
  const pick = (): Replica | undefined => {
    const replica = choose(table.of(functionId), performance.now(), tried, Math.random)
    if (replica) replica.inFlight += 1 // before anybody else chooses
    return replica
  }
  const began = performance.now()
  let broken = 0
  let saidAt = -Infinity
  for (;;) {
    const pickOrSay = () => {
      const replica = pick()
      if (replica || performance.now() - saidAt < SAY_MS) return replica
      saidAt = performance.now()
      call.waits?.()
    }
    const replica = pick() ?? (await room.wait(functionId, pickOrSay, began, call.signal))
    try {
      const reply = await attempt(replica, call)
      attempted(functionId, 'answered')
      return reply
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      const isRefusal = error.reach === 'unreached'
      attempted(functionId, isRefusal ? 'refused' : 'broken')
      if (isRefusal) refused(replica)
      else {
        broken += 1
        replica.pool.dropIdle()
      }
      tried.add(replica)
      suspect()
      log.debug({ err: error.cause, function: functionId, task: replica.taskId, reach: error.reach }, 'a replica did not answer')
      if (!mayGoAgain(error.reach, { method: call.method, isWhole: Buffer.isBuffer(call.body), broken })) throw failure('FUNCTION_BROKE_OFF', { name: functionId }, error)
    }
  }
}
