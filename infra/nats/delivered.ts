import type { JsMsg } from '@nats-io/jetstream'
import type { StreamMessage } from './wire.ts'

/** A message as a consumer delivers it, in our terms. */
export const fromDelivered = (message: JsMsg): StreamMessage & { readonly redeliveries: number } => ({
  subject: message.subject,
  sequence: message.seq,
  at: message.timestamp,
  data: message.data,
  redeliveries: message.info.deliveryCount - 1,
  header: (name) => message.headers?.get(name) || undefined,
})
