import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { AskRoom } from '../../disk/room.ts'
import type { Log } from '../../log.ts'
import type { FunctionReply } from '../../functions/run-handler.ts'
import type { Outbound } from '../../outbound/port.ts'
import type { Exchange } from '../exchange.ts'
import type { Invocation } from '../invoke.ts'
import type { Seal } from '../seal.ts'
import { accept } from './accept.ts'
import { callbackHandler } from './callbacks.ts'
import { callHandler } from './calls.ts'
import { bodyLimit } from './envelope.ts'
import { work, type Work } from './work.ts'

export type QueueOptions = {
  readonly connecting: Promise<NatsConnection>
  readonly invocation: Invocation
  readonly seal: Seal
  readonly outbound: Outbound
  readonly replicas: number
  readonly room: AskRoom
  readonly log: Log
}

/** Calls that nobody waits for: accepted into ASYNC, run by whichever gateway is free, their results told to callbacks. */
export type AsyncQueue = {
  /** Resolves when calls can be accepted. */
  readonly ready: Promise<void>
  accept(exchange: Exchange): Promise<FunctionReply>
  /** Takes no more work; what is under way may end, the rest is another gateway's, or this one's after its next start. */
  close(): Promise<void>
}

/** At the same time, in each gateway. */
const CALLS = 16
const CALLBACKS = 16

export const openQueue = ({ connecting, invocation, seal, outbound, replicas, room, log }: QueueOptions): AsyncQueue => {
  let connection: NatsConnection | null = null
  const begin = (connected: NatsConnection): readonly Work[] => {
    connection = connected
    const common = { replicas, log }
    return [
      work(connected, { ...common, durable: 'calls', subjects: 'async.call.>', concurrency: CALLS, handle: callHandler({ ...invocation, js: jetstream(connected), seal, resultLimitBytes: () => bodyLimit(connected) }) }),
      work(connected, { ...common, durable: 'results', subjects: 'async.result.>', concurrency: CALLBACKS, handle: callbackHandler({ registry: invocation.registry, seal, outbound }) }),
    ]
  }
  const workers = connecting.then(begin, (): readonly Work[] => []) // main says that there is no connection
  return {
    ready: workers.then(async (all) => void (await Promise.all(all.map((each) => each.ready)))),
    accept: (exchange) => accept(exchange, invocation, { connection: () => connection, seal, outbound, room }),
    close: async () => {
      if (connection) await Promise.all((await workers).map((each) => each.close()))
      outbound.close()
    },
  }
}
