import { randomUUID } from 'node:crypto'
import { JetStreamApiCodes, PubHeaders } from '@nats-io/jetstream'
import { headers, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import type { StreamName } from '../../../events/envelope.ts'
import { failure } from '../../../events/errors.ts'
import { NO_ROOM } from '../../nats/unavailable.ts'
import { wireBody, wireHeaders } from '../../nats/wire.ts'
import type { CheckedEvent } from '../check.ts'
import type { Head } from './broker.ts'

/** Events for the end of one stream, which must be as `base` says. */
export type Positioned = { readonly stream: StreamName; readonly events: readonly CheckedEvent[]; readonly base: Head }

/** `sequence` is the last one written, or that of the message which has the same id. */
export type Outcome = { readonly outcome: 'written' | 'duplicate'; readonly sequence: number } | { readonly outcome: 'conflict' | 'in-process' | 'duplicate-in-batch' } | { readonly outcome: 'refused' | 'full'; readonly reason: string }

/**
 * Publishes events of one or several streams in one step: a plain message, or an atomic batch by raw headers. The client's
 * batch API is no use: it drops the expectations and hides the server's error (3.4.0). One round trip in any case.
 */
export const publish = async (nc: NatsConnection, writes: readonly Positioned[]): Promise<Outcome> => {
  const messages = writes.flatMap(messagesOf)
  const limit = (nc.info?.max_payload ?? Number.POSITIVE_INFINITY) - HEADERS_BYTES
  if (messages.some(({ data }) => data.length > limit)) throw failure('BODY_TOO_LARGE', { limit })
  const batch = messages.length > 1 ? randomUUID() : null
  messages.forEach((message, index) => {
    if (batch === null) return
    message.headers.append('Nats-Batch-Id', batch)
    message.headers.append('Nats-Batch-Sequence', String(index + 1))
  })
  const last = messages.pop()
  if (!last) throw new RangeError('Nothing to publish')
  for (const message of messages) nc.publish(message.subject, message.data, { headers: message.headers })
  if (batch !== null) last.headers.append('Nats-Batch-Commit', '1')
  const answer = await nc.request(last.subject, last.data, { headers: last.headers, timeout: ACK_MS })
  return outcome(answerSchema.parse(answer.json()))
}

const ACK_MS = 3_000
/** Room for headers within the broker's limit of a message. */
const HEADERS_BYTES = 8_192
/** Server error codes the client has no names for. The first: a cluster still decides about another message with that id. */
const ID_IN_PROCESS = 10_158
const BATCH_HAS_DUPLICATE_ID = 10_201
const CONFLICTS: readonly number[] = [JetStreamApiCodes.StreamWrongLastSequence, JetStreamApiCodes.StreamWrongLastSequenceUnknown]

const answerSchema = z.object({
  seq: z.int().optional(),
  duplicate: z.boolean().optional(),
  error: z.object({ err_code: z.int(), description: z.string() }).optional(),
})

/** What the server's answer means for the writer. */
export const outcome = ({ seq = 0, duplicate, error }: z.infer<typeof answerSchema>): Outcome => {
  if (!error) return { outcome: duplicate ? 'duplicate' : 'written', sequence: seq }
  if (CONFLICTS.includes(error.err_code)) return { outcome: 'conflict' }
  if (error.err_code === ID_IN_PROCESS) return { outcome: 'in-process' }
  if (error.err_code === BATCH_HAS_DUPLICATE_ID) return { outcome: 'duplicate-in-batch' }
  return { outcome: NO_ROOM.has(error.err_code) ? 'full' : 'refused', reason: `${error.description} (${error.err_code})` }
}

type Message = { readonly subject: string; readonly data: Uint8Array; readonly headers: MsgHdrs }

const messagesOf = ({ stream, events, base }: Positioned): readonly Message[] =>
  events.map((event, index) => {
    const message = { ...event, revision: base.revision + 1 + index }
    const fields = headers()
    fields.append(PubHeaders.MsgIdHdr, event.id)
    for (const [name, value] of wireHeaders(message)) fields.append(name, value)
    // in a batch only a subject's first message may carry an expectation; it protects the revisions of all of them
    if (index === 0) fields.append(PubHeaders.ExpectedLastSubjectSequenceHdr, String(base.sequence))
    return { subject: `events.${stream}`, data: wireBody(message), headers: fields }
  })
