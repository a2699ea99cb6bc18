import type { JsMsg } from '@nats-io/jetstream'

/**
 * What a reader has received: what it holds, and what it settled lately. A delivery that comes again (the ack was lost with
 * the connection, or the reader stood still) is then known and not worked on twice. A message is told by its sequence and
 * its time: sequences of a stream in memory begin anew when the broker does.
 */
export class Receipts {
  readonly #held = new Map<number, JsMsg>()
  readonly #settled = new Map<number, bigint>()

  get count(): number {
    return this.#held.size
  }

  has(sequence: number): boolean {
    return this.#held.has(sequence) || this.#settled.has(sequence)
  }

  /** Whether it is to be worked on: false for one that is held or settled already. */
  take(message: JsMsg): boolean {
    if (this.#settled.get(message.seq) === message.timestampNanos) {
      message.ack()
      return false
    }
    if (this.#held.get(message.seq)?.timestampNanos === message.timestampNanos) return false
    this.#held.set(message.seq, message)
    return true
  }

  settle(message: JsMsg): void {
    message.ack()
    if (this.#held.get(message.seq) === message) this.#held.delete(message.seq)
    this.#settled.set(message.seq, message.timestampNanos)
    if (this.#settled.size > REMEMBERED) for (const oldest of this.#settled.keys()) return void this.#settled.delete(oldest)
  }

  /** Tells the broker that all it delivered is still worked on: oldest first, so that it comes again in order if we die. */
  working(): void {
    for (const message of this.#inOrder()) message.working()
  }

  /** Gives back what is held, oldest first, for the next reader to get at once. */
  giveBack(): void {
    for (const message of this.#inOrder()) message.nak()
    this.#held.clear()
  }

  #inOrder(): readonly JsMsg[] {
    return [...this.#held.values()].toSorted((a, b) => a.seq - b.seq)
  }
}

const REMEMBERED = 20_000
