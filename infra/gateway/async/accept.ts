import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { failure } from '../../../events/errors.ts'
import type { AskRoom } from '../../disk/room.ts'
import type { FunctionReply } from '../../functions/run-handler.ts'
import { isApiError } from '../../nats/streams.ts'
import { subject } from '../../nats/subjects.ts'
import { storageFull, unavailable } from '../../nats/unavailable.ts'
import type { Outbound } from '../../outbound/port.ts'
import { readBody } from '../body.ts'
import type { Exchange } from '../exchange.ts'
import { admitted, type Invocation } from '../invoke.ts'
import type { Seal } from '../seal.ts'
import { bodyLimit, pack } from './envelope.ts'

export type Accepting = {
  /** null until the broker was reached. */
  readonly connection: () => NatsConnection | null
  readonly seal: Seal
  readonly outbound: Pick<Outbound, 'refusal'>
  readonly room: AskRoom
}

export const CALLBACK_HEADER = 'x-callback-url'

/** `/async-function/NAME[.NAMESPACE]/path`: 202 when the call is stored. @throws as `admitted`, INVALID_FIELD, QUEUE_FULL, STORAGE_FULL, STORE_UNAVAILABLE */
export const accept = async (exchange: Exchange, invocation: Invocation, { connection, seal, outbound, room }: Accepting): Promise<FunctionReply> => {
  const broker = connection()
  if (!broker) throw failure('STORE_UNAVAILABLE', { reason: 'the broker was not reached yet' })
  if (room() !== 'ample') throw storageFull('the disk is almost full')
  const limit = Math.min(invocation.bodyLimitBytes, bodyLimit(broker))
  const { deployed: { spec: { service: name, namespace } }, call } = await admitted(exchange, invocation, '/async-function/', (from) => readBody(from, limit))
  const { body, ...head } = call
  const callback = head.headers[CALLBACK_HEADER] ?? null
  const refusal = callback === null ? null : await outbound.refusal(callback)
  if (refusal !== null) throw failure('INVALID_FIELD', { field: 'X-Callback-Url', reason: refusal })
  const message = pack(seal, { ...head, callId: exchange.callId, name, namespace, callback }, body)
  await store(broker, subject.asyncCall(namespace, name), message)
  return { status: 202, headers: {}, body: new Uint8Array() }
}

/** Once: whether a message that was not acknowledged is stored nobody knows, and the caller may ask again. */
const store = async (broker: NatsConnection, to: string, message: Uint8Array): Promise<void> => {
  try {
    await jetstream(broker).publish(to, message)
  } catch (error) {
    throw FULL.some((code) => isApiError(error, code)) ? failure('QUEUE_FULL', { retryAfterSeconds: 30 }, error) : unavailable(error)
  }
}

/** Maximum bytes exceeded; resources of the broker exhausted; no space left for it. */
const FULL = [10_077, 10_047, 10_023]
