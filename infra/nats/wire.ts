import { z } from 'zod'
import { metadataSchema, type Metadata } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'
import { holdsRefusedText } from '../../events/text.ts'
import type { Delivery } from '../delivery/cloud-event.ts'

/**
 * What events, hits and timers look like in JetStream: the data as JSON, everything else in headers. One format, so that the
 * dispatcher decodes all alike.
 */
export const HEADER = {
  id: 'Event-Id', type: 'Event-Type', version: 'Event-Version', metadata: 'Event-Metadata',
  /** Events only. */
  revision: 'Event-Revision',
} as const

/** A message as any stream gives it. */
export type StreamMessage = {
  readonly subject: string
  /** Sequence in its stream. */
  readonly sequence: number
  /** The server's clock when it was stored, RFC 3339. */
  readonly at: string
  readonly data: Uint8Array
  /** A header's value, undefined when it is absent or empty. */
  header(name: string): string | undefined
}

export type Outgoing = { readonly id: string; readonly type: string; readonly version: number; readonly metadata: Metadata; readonly data: unknown; readonly revision?: number }

/** Header names and values of a message. */
export const wireHeaders = ({ id, type, version, metadata, revision }: Outgoing): readonly (readonly [string, string])[] => [
  [HEADER.id, id],
  [HEADER.type, type],
  [HEADER.version, String(version)],
  [HEADER.metadata, JSON.stringify(metadata)],
  ...(revision === undefined ? [] : [[HEADER.revision, String(revision)] as const]),
]

/** The JSON body. */
export const wireBody = (message: Outgoing): Uint8Array => encoder.encode(JSON.stringify(message.data))

/** A message taken apart: a `Delivery` but for the attempt. Data and `version` are as they were written: `readEvent` lifts them. */
export type Decoded = Omit<Delivery, 'attempt'>

/** Takes a message of EVENTS, HITS or TIMERS apart. @throws MALFORMED_EVENT (poison) when it is not in our format */
export const decodeMessage = (message: StreamMessage): Decoded => {
  const type = message.header(HEADER.type) ?? `on ${message.subject}`
  const parts = partsSchema.safeParse({
    id: message.header(HEADER.id),
    type: message.header(HEADER.type),
    version: decimal(message.header(HEADER.version)),
    revision: decimal(message.header(HEADER.revision) ?? null),
    metadata: json(type, message.header(HEADER.metadata) ?? 'null'),
  })
  if (!parts.success) throw failure('MALFORMED_EVENT', { type, reason: z.prettifyError(parts.error) })
  if ([parts.data.id, type, message.subject].some(holdsRefusedText)) throw refusedText(type)
  return {
    ...parts.data,
    subject: message.subject,
    sequence: String(message.sequence),
    at: message.at,
    data: json(type, decoder.decode(message.data)),
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
/** A number where it is one; what is not stays as it is and does not pass the schema. Outside of it: a transform there costs half of all the decoding. */
const decimal = (text: string | null | undefined): unknown => (typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : text)
const partsSchema = z.object({
  id: z.string(), type: z.string(), version: z.int().min(1), revision: z.int().min(0).nullable(), metadata: metadataSchema,
})

const json = (type: string, text: string): unknown => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw failure('MALFORMED_EVENT', { type, reason: cause instanceof Error ? cause.message : 'not JSON' }, cause)
  }
  // only an escape can bring them in: anything else is not looked through
  if (text.includes('\\u') && ESCAPED.test(text) && holdsRefusedText(parsed)) throw refusedText(type)
  return parsed
}
const ESCAPED = /\\u(?:0000|d[89a-f])/i

const refusedText = (type: string) => failure('MALFORMED_EVENT', { type, reason: 'a text in it holds NUL or half a character, which no database takes' })
