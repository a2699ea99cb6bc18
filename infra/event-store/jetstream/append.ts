import { fromStored } from '../../nats/direct.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { STREAM } from '../../nats/subjects.ts'
import type { StreamName } from '../../../events/envelope.ts'
import { failure } from '../../../events/errors.ts'
import { storageFull } from '../../nats/unavailable.ts'
import { HEADER } from '../../nats/wire.ts'
import type { Appended, Write } from '../port.ts'
import { checkWrites, type CheckedEvent, type CheckedWrite } from '../check.ts'
import { headOf, newestMessage, nextMessage, NOTHING, type Broker, type Head } from './broker.ts'
import { publish } from './publish.ts'
import { readMessages } from './read.ts'

/**
 * Appends to one or several streams at once. An append that expects a revision this process has seen, or none, is one round
 * trip. 'any' and 'exists' read the head, and the whole stream to know their own ids again: prefer a number.
 *
 * Ids written before are found again while the broker's duplicate window lasts wherever they are, and later at the place
 * where this append would have put them (for 'any' and 'exists' anywhere in the stream).
 */
export const appendAll = async (broker: Broker, writes: readonly Write[]): Promise<readonly Appended[]> => {
  const checked = checkWrites(writes)
  const until = performance.now() + PATIENCE_MS
  for (let attempt = 1; performance.now() < until; attempt++) {
    const bases = await Promise.all(checked.map((write) => baseOf(broker, write, attempt > 1)))
    const before = await Promise.all(checked.map((write, index) => knownBefore(broker, write, bases[index] ?? null)))
    if (before.every((appended) => appended !== null)) return before
    const failed = bases.indexOf(null)
    if (failed >= 0) return await writtenOr(broker, checked, () => wrongRevision(broker, checked[failed]))

    const positioned = checked.map(({ stream, events }, index) => ({ stream, events, base: bases[index] ?? NOTHING }))
    const answer = await broker.ask(() => publish(broker.nc, positioned))
    switch (answer.outcome) {
      case 'written': return learned(broker, positioned, answer.sequence)
      case 'duplicate': return [await sameEvent(broker, checked, answer.sequence)]
      case 'duplicate-in-batch': return await writtenOr(broker, checked, () => Promise.reject(duplicate(checked)))
      case 'full': throw storageFull(answer.reason)
      case 'refused': throw failure('STORE_UNAVAILABLE', { reason: answer.reason })
      case 'in-process':
      case 'conflict': {
        if (answer.outcome === 'in-process') await sleep(IN_PROCESS_MS)
        // a cluster also says so while it still decides about another's event: asking at once again and again would only be in its way
        else if (attempt > AT_ONCE) await sleep(Math.random() * Math.min(attempt, MOST_WAIT_MS))
        for (const { stream } of checked) broker.heads.forget(stream)
      }
    }
  }
  throw failure('STORE_UNAVAILABLE', { reason: `others were first for ${PATIENCE_MS / 1000} seconds` })
}

/** Whoever loses races for so long has too many beside it for 'any'. */
const PATIENCE_MS = 15_000
/** Races that may be lost before there is a wait, and the longest wait, at random. */
const AT_ONCE = 3
const MOST_WAIT_MS = 50
const IN_PROCESS_MS = 5

/** Where the write goes on; null when the stream is not as expected. `sure`: after a conflict nothing is taken for granted. */
const baseOf = async (broker: Broker, { stream, expected }: CheckedWrite, sure: boolean): Promise<Head | null> => {
  if (expected === 'none') return sure && (await readHead(broker, stream)) !== NOTHING ? null : NOTHING
  const seen = broker.heads.get(stream)
  if (seen && (typeof expected === 'string' || seen.revision === expected)) return seen
  const head = await readHead(broker, stream)
  return expected === 'any' || (expected === 'exists' ? head !== NOTHING : head.revision === expected) ? head : null
}

const readHead = async (broker: Broker, stream: StreamName): Promise<Head> => {
  const newest = await newestMessage(broker, stream)
  if (!newest) return NOTHING
  const head = headOf(newest)
  broker.heads.learn(stream, head)
  return head
}

/** What can be known before writing: that the newest event is the write's own, or, for 'any' and 'exists', any event is. */
const knownBefore = async (broker: Broker, { stream, events, expected }: CheckedWrite, base: Head | null): Promise<Appended | null> => {
  if (!base || base === NOTHING) return null
  if (base.id === events.at(-1)?.id) return asBefore(stream, base)
  return typeof expected === 'string' ? await findById(broker, stream, events) : null
}

/** The write as it stands in the stream already; null when it does not. */
const findWritten = async (broker: Broker, { stream, events, expected }: CheckedWrite): Promise<Appended | null> => {
  const head = await readHead(broker, stream)
  if (head === NOTHING) return null
  if (head.id === events.at(-1)?.id) return asBefore(stream, head)
  // had it been written where it belongs, its last event were the newest one or had been followed
  if (typeof expected === 'number' && head.revision <= expected + events.length) return null
  if (expected !== 'none') return await findById(broker, stream, events)
  const first = await nextMessage(broker, stream, 1)
  return first ? ownAt(stream, events, headOf(first)) : null
}

const findById = async (broker: Broker, stream: StreamName, events: readonly CheckedEvent[]): Promise<Appended | null> => {
  const first = (await readMessages(broker, stream)).find((message) => message.header(HEADER.id) === events[0]?.id)
  return first ? ownAt(stream, events, headOf(first)) : null
}

/** Events written in one step stand side by side. */
const ownAt = (stream: StreamName, events: readonly CheckedEvent[], first: Head): Appended | null =>
  first.id === events[0]?.id
    ? asBefore(stream, { revision: first.revision + events.length - 1, sequence: first.sequence + events.length - 1 })
    : null

const asBefore = (stream: StreamName, { revision, sequence }: Pick<Head, 'revision' | 'sequence'>): Appended =>
  ({ stream, revision, position: String(sequence), duplicate: true })

const writtenOr = async (broker: Broker, checked: readonly CheckedWrite[], otherwise: () => Promise<never>): Promise<readonly Appended[]> => {
  const written = await Promise.all(checked.map((write) => findWritten(broker, write)))
  return written.every((appended) => appended !== null) ? written : await otherwise()
}

const wrongRevision = async (broker: Broker, write: CheckedWrite | undefined): Promise<never> => {
  if (!write) throw new RangeError('Nothing to append')
  const { revision } = await readHead(broker, write.stream)
  throw failure('WRONG_EXPECTED_REVISION', { stream: write.stream, actual: revision < 0 ? 'none' : revision, expected: write.expected })
}

/** The broker says that it has the id: of this very event, or of another one, whose writer must not be lost silently. */
const sameEvent = async (broker: Broker, checked: readonly CheckedWrite[], sequence: number): Promise<Appended> => {
  const [write] = checked
  const stored = await broker.ask(() => broker.jsm.streams.getMessage(STREAM.events, { seq: sequence }))
  const message = stored && fromStored(stored)
  if (!write || !message || message.subject !== `events.${write.stream}`) throw duplicate(checked)
  return asBefore(write.stream, headOf(message))
}

const duplicate = (checked: readonly CheckedWrite[]) =>
  failure('DUPLICATE_EVENT_ID', { id: checked.flatMap(({ events }) => events.map(({ id }) => id)).join(' or ') })

const learned = (broker: Broker, writes: readonly { stream: StreamName; events: readonly CheckedEvent[]; base: Head }[], last: number): readonly Appended[] => {
  let sequence = last - writes.reduce((sum, { events }) => sum + events.length, 0)
  return writes.map(({ stream, events, base }) => {
    sequence += events.length
    const head = { revision: base.revision + events.length, sequence, id: events.at(-1)?.id ?? null }
    broker.heads.learn(stream, head)
    return { stream, revision: head.revision, position: String(sequence), duplicate: false }
  })
}
