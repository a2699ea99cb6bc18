import { CatalogueError } from '../../../events/errors.ts'
import type { Verdict } from '../../event-store/port.ts'
import type { Log } from '../../log.ts'
import type { GroupHandler, GroupMessage } from '../../nats/group.ts'
import { decodeMessage, type Decoded } from '../../nats/wire.ts'
import type { Note } from '../../subscriptions/port.ts'
import { post, type Posting } from '../../subscriptions/post.ts'
import { processing } from '../../tracing/messages.ts'
import { span } from '../../tracing/span.ts'
import type { Health } from './health.ts'
import { deliveries, deliverySeconds } from '../metrics.ts'
import { toEndpointVerdict, type EndpointVerdict } from './verdict.ts'

export type Endpoint = Posting & {
  readonly health: Health
  readonly note: { readonly get: () => Note; readonly set: (note: Note) => void }
  /** Pauses the subscription; what it could not take now it gets when it is resumed. */
  readonly pause: (reason: 'gone' | 'failing', cause: Decoded) => Promise<void>
  readonly log: Log
}

/** How long an endpoint may fail without a single success until its subscription is paused, milliseconds. */
const FAILING_MS = 3 * 24 * 60 * 60_000
/** The subscription is about to be paused, or its group to close: the message keeps its place meanwhile. */
const HELD: Verdict = { verdict: 'retry', delayMs: 5_000, counted: false, reason: 'the subscription is being paused' }

/** The group handler of one subscription: message in, one POST, verdict out. */
export const endpointReaction = (endpoint: Endpoint): GroupHandler => {
  const { subscription: { subscriptionId }, health, note, log } = endpoint
  return async (message, attempt) => {
    const decoded = decode(message)
    if (decoded instanceof CatalogueError) return { verdict: 'park', reason: decoded.message }
    const turn = await health.turn()
    if (!turn) return HELD
    const { data: _, ...head } = decoded
    const end = deliverySeconds.startTimer({ function: 'subscriptions' })
    const outcome = await span('process endpoint', processing(`subscription ${subscriptionId}`, head, attempt), (own) =>
      post(endpoint, { ...head, metadata: { ...head.metadata, traceparent: own.traceparent }, attempt }, message.data))
    const verdict = toEndpointVerdict(outcome, { attempt, nowMs: Date.now(), random: Math.random })
    end()
    deliveries.inc({ function: 'subscriptions', outcome: verdict.verdict })
    const after = noted(note.get(), verdict, new Date().toISOString())
    note.set(after)
    turn.settle('health' in verdict ? verdict.health : 'alive', verdict.verdict === 'retry' ? verdict.askedMs : 0)
    if (verdict.verdict === 'ack') return verdict
    log.warn({ subscriptionId, subject: message.subject, sequence: message.sequence, attempt, type: head.type, ...verdict }, 'an endpoint did not take an event')
    const why = verdict.verdict === 'gone' ? 'gone' : hasFailedTooLong(after) ? 'failing' : null
    if (why === null) return verdict.verdict === 'gone' ? HELD : verdict
    await endpoint.pause(why, decoded) // when that fails, the group tries the message again
    return HELD
  }
}

/** The note after one more delivery. A refusal of one event says that the endpoint is there. */
export const noted = (before: Note, verdict: EndpointVerdict, at: string): Note => {
  if (verdict.verdict === 'ack') return { ...before, lastSuccessAt: at, failingSince: null }
  const isThere = verdict.verdict !== 'gone' && verdict.health === 'alive'
  return { ...before, lastFailure: { at, reason: verdict.reason }, failingSince: isThere ? null : before.failingSince ?? at }
}

const hasFailedTooLong = ({ failingSince, lastFailure }: Note): boolean =>
  failingSince !== null && lastFailure !== null && Date.parse(lastFailure.at) - Date.parse(failingSince) >= FAILING_MS

const decode = (message: GroupMessage): Decoded | CatalogueError => {
  try {
    return decodeMessage(message)
  } catch (error) {
    if (error instanceof CatalogueError) return error
    throw error
  }
}
