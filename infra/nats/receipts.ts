import type { JsMsg } from '@nats-io/jetstream'

/** The newest delivery of a message that this reader holds. */
type Held = { readonly message: JsMsg; readonly pin: string }

/**
 * What a reader has received: what it holds, and what it settled lately. A delivery that comes again (the ack was lost with
 * the connection, or the reader stood still) is then known and not worked on twice. A message is told by its sequence and
 * its time: sequences of a stream in memory begin anew when the broker does.
 */
export class Receipts {
  readonly #held = new Map<number, Held>()
  readonly #settled = new Map<number, bigint>()
  #pin = ''

  get count(): number {
    return this.#held.size
  }

  /** Under which pin the last delivery came: the broker gives a new one whenever a reader becomes the active one. */
  get pin(): string {
    return this.#pin
  }

  has(sequence: number): boolean {
    return this.#held.has(sequence) || this.#settled.has(sequence)
  }

  /** How many it holds of what came under the present pin with this number among the consumer's deliveries, or a lower one. */
  heldUpTo(delivery: number): number {
    let count = 0
    for (const { message, pin } of this.#held.values()) if (pin === this.#pin && message.info.deliverySequence <= delivery) count++
    return count
  }

  /** Whether it is to be worked on: false for one that is held or settled already. */
  take(message: JsMsg): boolean {
    this.#pin = pinOf(message)
    if (this.#settled.get(message.seq) === message.timestampNanos) {
      message.ack()
      return false
    }
    const isNew = this.#held.get(message.seq)?.message.timestampNanos !== message.timestampNanos
    this.#held.set(message.seq, { message, pin: this.#pin })
    return isNew
  }

  settle({ seq, timestampNanos }: JsMsg): void {
    const held = this.#held.get(seq)
    if (held?.message.timestampNanos === timestampNanos) {
      held.message.ack()
      this.#held.delete(seq)
    }
    this.#settled.set(seq, timestampNanos)
    if (this.#settled.size > REMEMBERED) for (const oldest of this.#settled.keys()) return void this.#settled.delete(oldest)
  }

  /**
   * Tells the broker that what it delivered is still worked on: oldest first, so that it comes again in order if we die. What
   * came under a pin of before comes again, so that it is known whether it is still ours.
   */
  working(): void {
    for (const { message, pin } of this.#inOrder()) if (pin === this.#pin) message.working()
  }

  /** Gives back what is held, but for some, oldest first, for the next reader to get at once. */
  giveBack(but: ReadonlySet<number> = new Set()): void {
    for (const { message } of this.#inOrder()) {
      if (but.has(message.seq)) continue
      message.nak()
      this.#held.delete(message.seq)
    }
  }

  #inOrder(): readonly Held[] {
    return [...this.#held.values()].toSorted((a, b) => a.message.seq - b.message.seq)
  }
}

export const pinOf = (message: JsMsg): string => message.headers?.get('Nats-Pin-Id') ?? ''

const REMEMBERED = 20_000
