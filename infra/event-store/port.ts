import type { CatalogueError } from '../../events/errors.ts'
import type { DomainEvent, NewEvent, RecordedEvent, StreamName } from '../../events/envelope.ts'

/** What the writer believes about a stream: its last revision (0-based), that it does not exist, that it does, or nothing. */
export type ExpectedRevision = number | 'none' | 'exists' | 'any'

export type Write = {
  readonly stream: StreamName
  readonly events: readonly NewEvent[]
  readonly expected: ExpectedRevision
}
/** Revision and position of the last event written; `duplicate` when all of them had been written before by the same ids. */
export type Appended = { readonly stream: StreamName; readonly revision: number; readonly position: string; readonly duplicate: boolean }

export type ReadOptions = {
  /** First revision to give, 0 by default. */
  readonly from?: number
  /** At most so many, all by default. */
  readonly limit?: number
}
export type ReadAllOptions = {
  /** Stream categories; all by default. */
  readonly categories?: readonly string[]
  /** Give only what comes after this position; from the beginning by default. */
  readonly after?: string
  /** 'latest' gives only the newest event of each stream. */
  readonly which?: 'every' | 'latest'
  /** Go on with new events as they come (until `signal` aborts); otherwise ends at the present end. */
  readonly follow?: boolean
  readonly signal?: AbortSignal
  /**
   * Told when the reading begins, and again whenever it goes on after an interruption: the store may have come back from an older
   * copy meanwhile. With the number of events left to be given, null while following and by stores that do not know it.
   */
  readonly begins?: (left: number | null) => void
  /**
   * Told of what is in the store and no event that this release can read (only somebody who wrote past this port can have put it
   * there, or a later release), which is then passed over. Without it such a thing ends the reading, as MALFORMED_EVENT or UNKNOWN_EVENT.
   */
  readonly unreadable?: (reason: CatalogueError, position: string) => void
}

/** What a subscriber says of one delivery. `retry` keeps its place: what follows in the same stream waits. */
export type Verdict =
  | { readonly verdict: 'ack' }
  /** Again after `delayMs`; `counted: false` when the attempt says nothing about the event (the receiver was away). */
  | { readonly verdict: 'retry'; readonly delayMs: number; readonly reason: string; readonly counted?: boolean }
  /** To the parking stream, with payload, reason and attempts; then its successors go on. */
  | { readonly verdict: 'park'; readonly reason: string }

export type GroupOptions = {
  /** Name of the group; its position is durable and shared by all who subscribe under the same name. [a-z0-9-] */
  readonly group: string
  /** NATS subjects to hear, wildcards allowed: `events.deployment.*`, `events.>`. */
  readonly subjects: readonly string[]
  /** Event types to hear; all by default. Others are acked unseen. */
  readonly types?: readonly string[]
  /** Streams handled at the same time; order is kept within each. 64 by default. */
  readonly concurrency?: number
  /** Where a new group begins; 'start' by default. */
  readonly from?: 'start' | 'end'
}
export type Delivered = { readonly event: RecordedEvent; /** 1 at the first counted attempt. */ readonly attempt: number }
export type Subscription = { /** Stops hearing, lets what is in flight finish (bounded), resolves when done. */ close(): Promise<void> }

/**
 * The event store: append with expected revision, read, subscribe. Adapters: memory and JetStream; both pass the contract
 * suite in contract.ts. Every event is parsed by the catalogue on its way in and out.
 */
export type EventStore = {
  /**
   * Appends to one stream, all or nothing, durable when it resolves. The same ids again are the same append, whatever was
   * expected then. @throws WRONG_EXPECTED_REVISION, DUPLICATE_EVENT_ID, MALFORMED_EVENT, UNKNOWN_EVENT, STORE_UNAVAILABLE
   */
  append(stream: StreamName, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended>
  /** Appends to several streams in one atomic step; a conflict in one leaves all as they were. Errors as `append`. */
  appendAll(writes: readonly Write[]): Promise<readonly Appended[]>
  /** A stream's events, oldest first; nothing for a stream that does not exist. @throws STORE_UNAVAILABLE */
  read<E extends DomainEvent = DomainEvent>(stream: StreamName, options?: ReadOptions): Promise<readonly RecordedEvent<E>[]>
  /** The newest event of a stream, from the leader; null for a stream that does not exist. @throws STORE_UNAVAILABLE */
  last<E extends DomainEvent = DomainEvent>(stream: StreamName): Promise<RecordedEvent<E> | null>
  /** Events of many streams in the store's order. @throws STORE_UNAVAILABLE */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>
  /** Position of the newest event, null in an empty store. */
  head(): Promise<string | null>
  /** At least once, in order per stream, in parallel across. */
  subscribe(options: GroupOptions, handle: (delivered: Delivered) => Promise<Verdict>): Promise<Subscription>
  /** Changes when the store was made anew (restored, wiped): checkpoints of another identity mean nothing. */
  identity(): Promise<string>
  close(): Promise<void>
}

/** < 0 when `a` is before `b`. Positions are decimal sequence numbers as strings. */
export const comparePositions = (a: string, b: string): number => {
  const difference = BigInt(a) - BigInt(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
