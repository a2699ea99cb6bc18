import type { Log } from '../../../log.ts'
import { counter, gauge } from '../../../metrics/registry.ts'
import type { Engine } from '../engine.ts'
import type { Routing } from '../host.ts'
import { FUNCTION_PORT } from '../labels.ts'
import { serviceLogs } from '../logs/read.ts'
import { usageOf } from '../usage.ts'
import { callReplica } from './call.ts'
import { askWhoStarts } from './readiness.ts'
import { watchSilence } from './silence.ts'
import { routingTable, type RoutingTable } from './table.ts'
import { waitingRoom, type WaitingRoom } from './waiting-room.ts'
import { watchSwarm, type Watch } from './watch.ts'

export type RoutingOptions = {
  readonly engine: Engine
  readonly scope: string
  /** Longest time a call may take. */
  readonly timeoutSeconds: number
  readonly log: Log
}

type Open = { readonly table: RoutingTable; readonly room: Pick<WaitingRoom, 'size'>; readonly watch: Pick<Watch, 'failingSince'> }
/** One in a gateway, several where a test has several in its process: metrics are the process's. */
const open = new Set<Open>()

gauge('playground_function_replicas', 'Replicas that take calls', ['function_name'], (own) => {
  own.reset()
  for (const { table } of open) for (const { functionId } of table.all()) own.inc({ function_name: functionId })
})
gauge('playground_function_waiting', 'Calls that wait for a replica', [], (own) => own.set([...open].reduce((sum, { room }) => sum + room.size(), 0)))
gauge('playground_routing_stale_seconds', 'How long the Swarm has not been asked', [], (own) => {
  const since = [...open].flatMap(({ watch }) => watch.failingSince() ?? [])
  own.set(since.length === 0 ? 0 : (Date.now() - Math.min(...since)) / 1_000)
})
/** Longest time a call waits for a replica, milliseconds. */
const MAX_WAIT_MS = 30_000

const attempts = counter('playground_function_attempts_total', 'Attempts to call a replica', 'function_name', 'outcome')

/** Calls of functions go to their replicas by a table in memory, which follows the Swarm. */
export const openRouting = ({ engine, scope, timeoutSeconds, log }: RoutingOptions): Routing => {
  const table = routingTable(FUNCTION_PORT)
  const room = waitingRoom(table, Math.min(MAX_WAIT_MS, timeoutSeconds * 900)) // who waited in vain hears that nothing was done
  const asking = askWhoStarts(table, FUNCTION_PORT)
  const watch = watchSwarm({ engine, scope, table, log })
  const silence = watchSilence(table, watch.suspect, log)
  const logs = serviceLogs(engine, scope)
  const usage = usageOf()
  const attempted = (functionId: string, outcome: string) => attempts.inc({ function_name: functionId, outcome })
  const own: Open = { table, room, watch }
  open.add(own)
  return {
    busy: (id) => room.isWaiting(id) || table.of(id).some(({ inFlight }) => inFlight > 0),
    available: (id) => table.of(id).filter(({ outUntil }) => outUntil <= performance.now()).length,
    usage: (id) => usage(table.of(id)),
    invoke: (id, call) => callReplica(id, call, { table, room, attempted, suspect: watch.suspect, log }),
    logs: logs.read,
    drain: logs.close,
    close: async () => {
      open.delete(own)
      asking.close()
      silence.close()
      await watch.close()
      for (const { pool } of table.all()) pool.cut()
    },
  }
}
