import { jetstream, JetStreamApiCodes } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import type { Metadata } from '../../events/envelope.ts'
import { park as decide } from '../../events/parked/decide.ts'
import { caused } from '../aggregates/append.ts'
import { appendAll } from '../event-store/jetstream/append.ts'
import { available, openBroker, type Broker } from '../event-store/jetstream/broker.ts'
import { derivedId } from '../ids.ts'
import { logger } from '../log.ts'
import { isApiError } from './streams.ts'
import { STREAM, subject } from './subjects.ts'
import { HEADER, type StreamMessage } from './wire.ts'

/** Headers that a parked message has besides its own. */
export const PARKED = {
  letter: 'Parked-Letter', group: 'Parked-Group', stream: 'Parked-Stream', subject: 'Parked-Subject', sequence: 'Parked-Sequence', at: 'Parked-At',
  reason: 'Parked-Reason', attempts: 'Parked-Attempts',
} as const
/** Set where the message is too large to be kept with all this: it lies where it lay. */
export const PARKED_APART = 'Parked-Apart'

export type Parking = {
  /** Who gives it up; a redrive goes to the function of that name. */
  readonly group: string
  /** The stream it lies in. */
  readonly stream: string
  /** As it was read, by a consumer or directly. */
  readonly message: StreamMessage
  readonly reason: string
  /** Attempts that counted; 0 when it was never tried. */
  readonly attempts: number
}

/**
 * Gives a message up for good, whoever reads it: `await park(nc, { group, stream, message, reason, attempts })`, then ack it or go
 * on behind it. First a copy goes durably into PARKED (`parked.<group>.<category>.<id>.<letter>`), then its history begins in the
 * event store (`parked.<letter>`, EventParked). Resolves to the letter's id when both stand. Again after any failure or crash, as often
 * as one likes: the same message of the same group is the same letter. The streams must be there (`ensureStreams`).
 * A message about a letter itself makes a letter and an error in the log, and no history: that would go round in circles.
 * @throws STORE_UNAVAILABLE
 */
export const park = async (nc: NatsConnection, parking: Parking): Promise<string> => {
  const letter = letterOf(parking)
  await available(() => keep(nc, letter))
  if (isOfLetter(letter)) {
    const { group, reason, letterId } = letter
    logger('parked').error({ group, subject: letter.subject, sequence: letter.sequence, letterId, reason }, 'what happened to a dead letter was itself parked')
  } else {
    const [stream, events] = [`parked.${letter.letterId}` as const, caused(decide({ ...about(letter), at: new Date().toISOString() }, null), letter.letterId, metadataOf(letter))]
    await available(async () => appendAll(await brokerOf(nc), [{ stream, events, expected: 'none' }]))
  }
  return letter.letterId
}

type Kept = Omit<Parking, 'message'> & { readonly letterId: string; readonly subject: string; readonly sequence: number; readonly message: StreamMessage }

/** A stream in memory begins anew with its broker: only with its time a sequence says which message it is. */
const letterOf = ({ message, reason, ...parking }: Parking): Kept => ({
  ...parking, message, subject: clean(message.subject), sequence: message.sequence,
  reason: clean(reason, MAX_REASON) || 'no reason given',
  letterId: derivedId('letter', parking.group, parking.stream, String(message.sequence), new Date(message.at).toISOString()),
})
const MAX_REASON = 1_000

/** On one line, and nothing that a header or a database refuses. */
const clean = (text: string, most?: number): string => text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim().slice(0, most).toWellFormed()

const isOfLetter = ({ stream, subject: from }: Kept): boolean => stream === STREAM.events && from.startsWith('events.parked.')

const keep = async (nc: NatsConnection, { letterId, group, stream, subject: from, message, reason, attempts }: Kept): Promise<void> => {
  const fields = headers()
  const add = (name: string, value: string | undefined) => void (value === undefined || fields.append(name, value))
  const own = [...Object.values(HEADER), 'traceparent'].map((name) => [name, message.header(name)] as const)
  const ownBytes = own.reduce((bytes, [, value = '']) => bytes + Buffer.byteLength(value), 0)
  const isWhole = ownBytes + ROOM_BYTES <= MAX_HEADER_BYTES && message.data.byteLength + ownBytes + ROOM_BYTES <= (nc.info?.max_payload ?? Infinity)
  if (isWhole) for (const [name, value] of own) add(name, value)
  else add(PARKED_APART, 'true')
  const parked = { letter: letterId, group, stream, subject: message.subject, sequence: String(message.sequence), at: message.at, reason, attempts: String(attempts) }
  for (const [name, value] of Object.entries(parked)) add(PARKED[name as keyof typeof parked], value)
  try {
    // one letter, one subject, one message: not for as long as the broker knows ids again, but for good
    await jetstream(nc).publish(parkedSubject({ group, subject: from, letterId }), isWhole ? message.data : new Uint8Array(), { headers: fields, expect: { lastSubjectSequence: 0 } })
  } catch (error) {
    if (!IS_THERE.some((code) => isApiError(error, code))) throw error
  }
}

/** What is said of a letter has this much room within the broker's limit of a message. */
const ROOM_BYTES = 16_384
/** A stream keeps no more (nats-server, JSStreamHeaderExceedsMaximumErr). */
const MAX_HEADER_BYTES = 65_535

/** The subject is not empty: the letter is there already. */
const IS_THERE: readonly number[] = [JetStreamApiCodes.StreamWrongLastSequence, JetStreamApiCodes.StreamWrongLastSequenceUnknown]

/** Where a letter lies in PARKED: `events.deployment.x` and `timers.due.idle.x` keep their last two tokens, `hits.x` too. */
export const parkedSubject = ({ group, subject: from, letterId }: { readonly group: string; readonly subject: string; readonly letterId: string }): string => {
  // a subject that was published is not always one that this client publishes
  const [category = 'unknown', id = 'unknown'] = from.split('.').slice(-2).map((token) => token.replaceAll(/[^\w-]/g, '_') || 'unknown')
  return subject.parked(group, category, id, letterId)
}

const about = ({ letterId, group, stream, subject: from, sequence, message, reason, attempts }: Kept) => ({
  letterId, group, stream, subject: from, sequence, reason, attempts,
  eventId: short(message.header(HEADER.id)), eventType: short(message.header(HEADER.type)), deploymentId: deploymentOf(message),
})

const short = (value: string | undefined): string | null => clean(value ?? '', 200) || null

/** The deployment that the data names, null when they name none or cannot be read. */
const deploymentOf = ({ data }: StreamMessage): string | null => {
  const parsed = json(new TextDecoder().decode(data))
  const id = typeof parsed === 'object' && parsed !== null && 'deploymentId' in parsed ? parsed.deploymentId : null
  return typeof id === 'string' && /^[\w-]{1,64}$/.test(id) ? id : null
}

/** The story that it was part of goes on, as far as it can be told. */
const metadataOf = ({ letterId, group, message }: Kept): Metadata => {
  const given = json(message.header(HEADER.metadata) ?? '')
  const correlationId = typeof given === 'object' && given !== null && 'correlationId' in given ? given.correlationId : null
  const eventId = short(message.header(HEADER.id))
  return {
    correlationId: (typeof correlationId === 'string' && short(correlationId)) || letterId,
    ...(eventId === null ? {} : { causationId: eventId }),
    actor: `group:${group}`.slice(0, 200),
  }
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null // not JSON: it says nothing
  }
}

/** One for each connection: it listens for as long as that lives. */
const brokers = new WeakMap<NatsConnection, Promise<Broker>>()
const brokerOf = (nc: NatsConnection): Promise<Broker> => {
  const known = brokers.get(nc) ?? openBroker(nc, 1)
  brokers.set(nc, known)
  return known
}
