import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { readEvent } from '../../events/catalogue.ts'
import { streamCategory, type DomainEvent, type RecordedEvent, type StreamName } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'
import { Lanes, type Work } from '../nats/lanes.ts'
import type { Appended, Delivered, EventStore, GroupOptions, ReadAllOptions, ReadOptions, Subscription, Verdict, Write } from './port.ts'
import { assertExpected, checkWrites, type CheckedEvent } from './check.ts'
import { subjectMatches } from '../nats/subject-matches.ts'

/** What a group parked, as the memory store keeps it. */
export type ParkedEvent = { readonly group: string; readonly event: RecordedEvent; readonly reason: string; readonly attempts: number }

type Group = { readonly settled: Set<string>; readonly deliveries: Map<string, number>; readonly after: number }

/** The event store in memory, for tests of what uses one; passes the same contract suite as the others. */
export const memoryEventStore = (now: () => Date = () => new Date()): EventStore & { readonly parked: readonly ParkedEvent[] } => {
  const log: RecordedEvent[] = []
  const streams = new Map<StreamName, RecordedEvent[]>()
  const byId = new Map<string, RecordedEvent>()
  const groups = new Map<string, Group>()
  const parked: ParkedEvent[] = []
  const appended = new EventEmitter().setMaxListeners(0)
  const identity = randomUUID()

  const of = (stream: StreamName): readonly RecordedEvent[] => streams.get(stream) ?? []

  /** What was written by the same ids before; null when nothing was. */
  const written = (stream: StreamName, events: readonly CheckedEvent[]): Appended | null => {
    const known = events.map(({ id }) => byId.get(id))
    const first = known[0]
    const same = known.every((event, index) => event !== undefined && event.stream === stream && event.revision === (first?.revision ?? 0) + index)
    const last = known.at(-1)
    return same && last ? { stream, revision: last.revision, position: last.position, duplicate: true } : null
  }

  const appendAll = async (writes: readonly Write[]): Promise<readonly Appended[]> => {
    const checked = checkWrites(writes)
    const before = checked.map(({ stream, events }) => written(stream, events))
    if (before.every((result) => result !== null)) return before
    for (const { stream, expected } of checked) assertExpected(stream, of(stream).length - 1, expected)
    const taken = checked.flatMap(({ events }) => events).find(({ id }) => byId.has(id))
    if (taken) throw failure('DUPLICATE_EVENT_ID', { id: taken.id })
    const results = checked.map(({ stream, events }) => {
      for (const event of events) record(stream, event)
      const last = of(stream).at(-1)
      return { stream, revision: last?.revision ?? -1, position: last?.position ?? '0', duplicate: false }
    })
    appended.emit('appended')
    return results
  }

  const record = (stream: StreamName, event: CheckedEvent): void => {
    const history = streams.get(stream) ?? []
    const recorded: RecordedEvent = {
      ...event, data: structuredClone(event.data), stream, revision: history.length, position: String(log.length + 1), at: now().toISOString(),
    }
    log.push(recorded)
    byId.set(event.id, recorded)
    streams.set(stream, history)
    history.push(recorded)
  }

  async function* readAll({ categories, after, which, follow, signal, begins }: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    let position = Number(after ?? 0)
    begins?.(follow ? null : log.slice(position).filter(({ stream }) => !categories || categories.includes(streamCategory(stream))).length)
    do {
      while (position < log.length && !signal?.aborted) {
        const event = log[position++]
        if (!event || (categories && !categories.includes(streamCategory(event.stream)))) continue
        if (which === 'latest' && of(event.stream).at(-1) !== event) continue
        yield out(event)
      }
      if (follow && !signal?.aborted && position >= log.length) await once(appended, 'appended', signal ? { signal } : {}).catch(aborted)
    } while (follow && !signal?.aborted)
  }

  const subscribe = async (options: GroupOptions, handle: (delivered: Delivered) => Promise<Verdict>): Promise<Subscription> => {
    const group = groups.get(options.group) ?? { settled: new Set<string>(), deliveries: new Map<string, number>(), after: options.from === 'end' ? log.length : 0 }
    groups.set(options.group, group)
    const lanes = new Lanes<RecordedEvent>({
      concurrency: options.concurrency ?? 64,
      handle: ({ message, attempt }: Work<RecordedEvent>) => handle({ event: out(message), attempt }).catch(thrown),
      settle: ({ message, attempt }, verdict) => {
        group.settled.add(message.position)
        if (verdict.verdict === 'park') parked.push({ group: options.group, event: message, reason: verdict.reason, attempts: attempt })
      },
    })
    let position = group.after
    const deliver = (): void => {
      for (const event of log.slice(position)) {
        if (group.settled.has(event.position) || !wanted(event, options)) continue
        const deliveries = (group.deliveries.get(event.position) ?? 0) + 1
        group.deliveries.set(event.position, deliveries)
        lanes.push({ key: event.stream, sequence: Number(event.position), message: event, attempt: deliveries })
      }
      position = log.length
    }
    const soon = (): void => queueMicrotask(deliver)
    appended.on('appended', soon)
    soon()
    return {
      close: async () => {
        appended.off('appended', soon)
        await lanes.stop(5_000)
      },
    }
  }

  return {
    parked,
    append: async (stream, events, expected) => {
      const [result] = await appendAll([{ stream, events, expected }])
      if (!result) throw new RangeError(`Nothing to append to ${stream}`)
      return result
    },
    appendAll,
    read: async <E extends DomainEvent>(stream: StreamName, { from = 0, limit }: ReadOptions = {}) =>
      of(stream).slice(from, limit === undefined ? undefined : from + limit).map(out) as unknown as readonly RecordedEvent<E>[],
    last: async <E extends DomainEvent>(stream: StreamName) => {
      const event = of(stream).at(-1)
      return (event ? out(event) : null) as RecordedEvent<E> | null
    },
    readAll,
    head: async () => log.at(-1)?.position ?? null,
    subscribe,
    identity: async () => identity,
    close: async () => {},
  }
}

/** Read as any adapter reads: through the catalogue, nothing shared with the store. */
const out = (event: RecordedEvent): RecordedEvent => ({ ...event, ...readEvent(event.type, event.version, structuredClone(event.data)) }) as RecordedEvent

const wanted = (event: RecordedEvent, { subjects, types }: GroupOptions): boolean =>
  subjects.some((pattern) => subjectMatches(pattern, `events.${event.stream}`)) && (types?.includes(event.type) ?? true)

const thrown = (error: unknown): Verdict => ({ verdict: 'retry', delayMs: 1_000, reason: String(error) })

/** The end of `follow` is an abort, not an error. */
const aborted = (error: unknown): void => {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}
