import type { RecordedEvent, StreamName } from '../../../events/envelope.ts'

type Kept = { readonly events: readonly RecordedEvent[]; readonly sequence: number }

/** From so many events on a stream is worth keeping: a shorter one is read in one request anyway. */
const LONG = 100
/** Events kept of all streams together; about a kilobyte each. */
const MOST = 50_000

/**
 * What was read of long streams, so that the next read asks only for what came since: history does not change. A deployment that
 * hibernates every minute has a claim in its stream for each wake, and a wake reads that stream.
 */
export class LongStreams {
  readonly #kept = new Map<StreamName, Kept>()
  #count = 0

  /** What is known of a stream, and the sequence of its last event; nothing at sequence 0 when nothing is. */
  get(stream: StreamName): Kept {
    return this.#kept.get(stream) ?? NOTHING
  }

  keep(stream: StreamName, kept: Kept): void {
    this.forget(stream)
    if (kept.events.length < LONG || kept.events.length > MOST) return
    this.#kept.set(stream, kept)
    this.#count += kept.events.length
    // the least lately read goes first
    for (const oldest of this.#kept.keys()) {
      if (this.#count <= MOST) return
      this.forget(oldest)
    }
  }

  forget(stream?: StreamName): void {
    if (stream === undefined) {
      this.#kept.clear()
      this.#count = 0
    } else {
      this.#count -= this.get(stream).events.length
      this.#kept.delete(stream)
    }
  }
}

const NOTHING: Kept = { events: [], sequence: 0 }
