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
import { routingTable } from './table.ts'
import { waitingRoom } from './waiting-room.ts'
import { watchSwarm } from './watch.ts'

export type RoutingOptions = {
  readonly engine: Engine
  readonly scope: string
  /** Longest time a call waits for a replica, seconds. */
  readonly waitSeconds: number
  readonly log: Log
}

const attempts = counter('playground_function_attempts_total', 'Attempts to call a replica', 'function_name', 'outcome')

/** Calls of functions go to their replicas by a table in memory, which follows the Swarm. */
export const openRouting = ({ engine, scope, waitSeconds, log }: RoutingOptions): Routing => {
  const table = routingTable(FUNCTION_PORT)
  const room = waitingRoom(table, waitSeconds * 1_000)
  const asking = askWhoStarts(table, FUNCTION_PORT)
  const watch = watchSwarm({ engine, scope, table, log })
  const silence = watchSilence(table, watch.suspect, log)
  const logs = serviceLogs(engine, scope)
  const usage = usageOf()
  const attempted = (functionId: string, outcome: string) => attempts.inc({ function_name: functionId, outcome })
  gauge('playground_function_replicas', 'Replicas that take calls', ['function_name'], (own) => {
    own.reset()
    for (const { functionId } of table.all()) own.inc({ function_name: functionId })
  })
  gauge('playground_function_waiting', 'Calls that wait for a replica', [], (own) => own.set(room.size()))
  gauge('playground_routing_stale_seconds', 'How long the Swarm has not been asked', [], (own) => own.set(watch.failingSince() === null ? 0 : (Date.now() - (watch.failingSince() ?? 0)) / 1_000))
  return {
    busy: (id) => room.isWaiting(id) || table.of(id).some(({ inFlight }) => inFlight > 0),
    available: (id) => table.of(id).filter(({ outUntil }) => outUntil <= performance.now()).length,
    usage: (id) => usage(table.of(id)),
    invoke: (id, call) => callReplica(id, call, { table, room, attempted, suspect: watch.suspect, log }),
    logs: logs.read,
    drain: logs.close,
    close: async () => {
      asking.close()
      silence.close()
      await watch.close()
      for (const { pool } of table.all()) pool.cut()
    },
  }
}
