import { AckPolicy, DeliverPolicy, JetStreamApiCodes, jetstreamManager, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { forgetMarkers } from './overflow/markers.ts'
import { isApiError } from './streams.ts'

export type DurableOptions = {
  readonly stream: string
  readonly name: string
  readonly subjects: readonly string[]
  /** A number is the sequence of the first message. */
  readonly from: 'start' | 'end' | number
  readonly ackWaitMs: number
}

/** The one priority group of our consumers: who is pinned in it is the active reader. */
export const READERS = 'readers'
/** A reader that has not asked for more within this time loses its pin, milliseconds; it asks every `PULL_MS` at least. */
const PIN_MS = 3_000
export const PULL_MS = 1_500
/** Delivered and not yet acked at most; long lanes overflow before that. */
const MAX_PENDING = 10_000

/** The durable consumer of a group, made or brought to the wanted subjects. */
export const ensureDurable = async (jsm: JetStreamManager, { stream, name, subjects, from, ackWaitMs }: DurableOptions): Promise<ConsumerInfo> => {
  const changeable = { filter_subjects: [...subjects], ack_wait: nanos(ackWaitMs) }
  const found = await find(jsm, stream, name)
  if (found) return hasSame(found, changeable) ? found : await jsm.consumers.update(stream, name, changeable)
  await forgetMarkers(jsm, name, stream) // a new group has no past
  return await jsm.consumers.add(stream, {
    ...changeable,
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    ...(typeof from === 'number' ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from } : { deliver_policy: from === 'end' ? DeliverPolicy.New : DeliverPolicy.All }),
    max_ack_pending: MAX_PENDING,
    // what is given up is parked with its reason; the broker itself never gives up
    max_deliver: -1,
    priority_policy: 'pinned_client',
    priority_groups: [READERS],
    priority_timeout: nanos(PIN_MS),
  })
}

/** Forgets a group's position and what it left to do; a group of that name begins anew. Nobody must be reading. */
export const forgetGroup = async (nc: NatsConnection, stream: string, name: string): Promise<void> => {
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  try {
    await jsm.consumers.delete(stream, name)
  } catch (error) {
    if (!isApiError(error, JetStreamApiCodes.ConsumerNotFound)) throw error
  }
  await forgetMarkers(jsm, name, stream)
}

const find = async (jsm: JetStreamManager, stream: string, name: string): Promise<ConsumerInfo | null> => {
  try {
    return await jsm.consumers.info(stream, name)
  } catch (error) {
    if (isApiError(error, JetStreamApiCodes.ConsumerNotFound)) return null
    throw error
  }
}

const hasSame = ({ config }: ConsumerInfo, wanted: { readonly filter_subjects: readonly string[]; readonly ack_wait: number }): boolean =>
  config.ack_wait === wanted.ack_wait && JSON.stringify(config.filter_subjects ?? [config.filter_subject]) === JSON.stringify(wanted.filter_subjects)
