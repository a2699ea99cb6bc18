import { z } from 'zod'
import type { Metadata } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'
import { decodeHeader } from '../delivery/cloud-event.ts'
import type { Signed } from '../delivery/signature.ts'
import type { FunctionEvent } from './handler.ts'

/** What a reaction gets besides the data: where the event came from, and what its own appends must carry on. */
export type Cause = {
  readonly id: string
  readonly type: string
  readonly subject: string
  /** Position in the event store; for hits and timers the sequence in their own stream. */
  readonly sequence: string
  readonly revision: number | null
  readonly at: string
  readonly attempt: number
  /** Metadata for events that follow: same correlation, caused by this event, actor `function:<name>`. */
  readonly metadata: Metadata
}

// the headers that infra/delivery/cloud-event.ts writes
const text = z.string().min(1).transform(decodeHeader)
const headersSchema = z.object({
  'ce-id': text,
  'ce-type': text,
  'ce-subject': text,
  'ce-sequence': z.string().regex(/^\d{1,20}$/, 'is not a decimal number'),
  'ce-revision': z.coerce.number().int().min(0).optional(),
  'ce-dataversion': z.coerce.number().int().min(1),
  'ce-time': z.string().min(1),
  'ce-attempt': z.coerce.number().int().min(1),
  'ce-correlationid': text,
  traceparent: text.optional(),
})

/** Reads the CloudEvents headers of a delivery to function `name`; `version` is the schema version of its data. @throws MALFORMED_EVENT */
export const causeOf = (headers: FunctionEvent['headers'], name: string): { readonly cause: Cause; readonly version: number } => {
  const result = headersSchema.safeParse(headers)
  if (!result.success) throw failure('MALFORMED_EVENT', { type: headers['ce-type'] ?? '(none)', reason: z.prettifyError(result.error) })
  const given = result.data
  const cause: Cause = {
    id: given['ce-id'],
    type: given['ce-type'],
    subject: given['ce-subject'],
    sequence: given['ce-sequence'],
    revision: given['ce-revision'] ?? null,
    at: given['ce-time'],
    attempt: given['ce-attempt'],
    metadata: {
      correlationId: given['ce-correlationid'],
      causationId: given['ce-id'],
      actor: `function:${name}`,
      ...(given.traceparent === undefined ? {} : { traceparent: given.traceparent }),
    },
  }
  return { cause, version: given['ce-dataversion'] }
}

/** What the signature of a delivery is over, as its headers say it. */
export const signedPart = (headers: FunctionEvent['headers'], body: Uint8Array): Signed => ({
  id: decodeHeader(headers['ce-id'] ?? ''),
  type: decodeHeader(headers['ce-type'] ?? ''),
  sequence: headers['ce-sequence'] ?? '',
  body,
})
