import type { JsMsg } from '@nats-io/jetstream'
import type { StreamMessage } from './wire.ts'

/** A message as a consumer delivers it, in our terms. */
export const fromDelivered = (message: JsMsg): StreamMessage & { readonly redeliveries: number } => {
  const { subject, seq, timestamp, data, info, headers } = message
  return { subject, sequence: seq, at: timestamp, data, redeliveries: info.deliveryCount - 1, header: (name) => headers?.get(name) || undefined }
}
