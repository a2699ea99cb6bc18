import { SIGNATURE_HEADER } from '../../delivery/signature.ts'
import { HEADER } from '../../nats/wire.ts'
import type { JsonSchema } from '../json-schema.ts'

const text = (description: string, more: JsonSchema = {}): JsonSchema => ({ type: 'string', description, ...more })
const decimal = (description: string): JsonSchema => text(description, { pattern: '^[0-9]+$' })
const object = (properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[]): JsonSchema =>
  ({ type: 'object', properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) })

/** Headers of a message in JetStream (infra/nats/wire.ts). */
export const NATS_HEADERS: JsonSchema = object({
  [HEADER.id]: text('The same id is the same event.'),
  [HEADER.type]: text('The type, in the past tense.'),
  [HEADER.version]: decimal('Version of the schema that the data was written with.'),
  [HEADER.metadata]: text('JSON: correlationId, causationId, actor, requestHash, traceparent.'),
  [HEADER.revision]: decimal('Counts from 0 within its stream; events only.'),
}, [HEADER.revision])

const cloudEvent: Readonly<Record<string, JsonSchema>> = {
  'content-type': text('Of the body, which is the event\'s data.', { const: 'application/json' }),
  'ce-specversion': text('CloudEvents, binary mode.', { const: '1.0' }),
  'ce-id': text('The same id is the same event.'),
  'ce-type': text('The type, in the past tense.'),
  'ce-source': text('The kind of stream it was in.', { enum: ['/events', '/hits', '/timers'] }),
  'ce-subject': text('The NATS subject it came by: its channel.'),
  'ce-time': text('When it was stored.', { format: 'date-time' }),
  'ce-sequence': decimal('Grows along all events of one source.'),
  'ce-revision': decimal('Counts from 0 within its subject; events only.'),
  'ce-dataversion': decimal('Version of the schema of the data.'),
  'ce-attempt': decimal('1 at the first attempt that counts.'),
  'ce-correlationid': text('The same from the first request to the last reaction.'),
  'ce-causationid': text('Id of the event or request that led to this one.'),
  'ce-actor': text('Who asked: an owner, or `function:<name>`.'),
  'traceparent': text('W3C Trace Context.'),
}
const optional = ['ce-revision', 'ce-causationid', 'traceparent']

/** Headers of a delivery to a function: CloudEvents 1.0 in binary mode, signed (infra/delivery). */
export const DELIVERY_HEADERS: JsonSchema = object({ ...cloudEvent, [SIGNATURE_HEADER]: text('`t=<unix ms>,v1=<hex hmac-sha256>` over id, type, sequence, time and the hash of the body.') }, optional)

/** Headers of a delivery to an endpoint of another service: the same, signed as Standard Webhooks ask (infra/delivery/webhook.ts). */
export const WEBHOOK_HEADERS: JsonSchema = object({
  ...cloudEvent,
  'webhook-id': text('`ce-sequence`, `ce-type` and `ce-id`, joined by `_`; the same for every attempt.'),
  'webhook-timestamp': decimal('Unix seconds of this attempt.'),
  'webhook-signature': text('`v1,<base64 hmac-sha256>`, one for each secret that is good now, with a blank between them.'),
  'user-agent': text('Who delivers.', { const: 'one-record-playground' }),
}, optional)
