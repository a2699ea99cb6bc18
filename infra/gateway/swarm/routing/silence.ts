import { connect } from 'node:net'
import type { Log } from '../../../log.ts'
import { refused, type Replica } from './replica.ts'
import type { RoutingTable } from './table.ts'

/** How often replicas that have calls are looked at, and how long one may take to accept a connection, milliseconds. */
const LOOK_MS = 1_000
/** So many times in a row it could not be reached: it is gone. */
const GIVEN_UP = 3

/**
 * A node that is lost answers nothing, closes nothing and refuses nothing: a call that waits there would wait until its time is up. So
 * whoever has calls and says nothing is asked for a connection now and then; where none comes the calls are broken off, and those that
 * may be made again go elsewhere. One that refuses is there: it ends, and has calls to end first.
 */
export const watchSilence = (table: RoutingTable, suspect: () => void, log: Log): { close(): void } => {
  const silent = new WeakMap<Replica, { heard: number; missed: number; isAsked: boolean }>()
  const look = async (replica: Replica): Promise<void> => {
    const state = silent.get(replica) ?? { heard: -1, missed: 0, isAsked: false }
    silent.set(replica, state)
    const heard = replica.pool.heard()
    if (heard !== state.heard) return void Object.assign(state, { heard, missed: 0 })
    if (state.isAsked) return
    state.isAsked = true
    const isThere = await answers(replica)
    Object.assign(state, { isAsked: false, missed: isThere ? 0 : state.missed + 1 })
    if (state.missed < GIVEN_UP) return
    state.missed = 0
    log.warn({ function: replica.functionId, task: replica.taskId, node: replica.node, calls: replica.inFlight }, 'a replica is gone with its calls')
    refused(replica)
    replica.pool.cut()
    suspect()
  }
  const timer = setInterval(() => {
    for (const replica of watched) {
      if (replica.inFlight === 0 && !isCurrent(replica)) watched.delete(replica)
      else if (replica.inFlight > 0) void look(replica)
    }
  }, LOOK_MS).unref()
  // those that left the table may have calls yet
  const watched = new Set<Replica>()
  const isCurrent = (replica: Replica): boolean => table.of(replica.functionId).includes(replica)
  table.onChange(() => {
    for (const replica of table.all()) watched.add(replica)
  })
  return { close: () => clearInterval(timer) }
}

/** Whether anything answers at the address, be it with a refusal. */
const answers = ({ host, port }: Replica): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: LOOK_MS })
    const end = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.on('connect', () => end(true)).on('timeout', () => end(false)).on('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'))
  })
