import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { directBatch } from './direct.ts'
import type { StreamMessage } from './wire.ts'

export type GateOptions = {
  readonly jsm: JetStreamManager
  readonly stream: string
  readonly group: string
  /** After that the broker has delivered again whatever a lost reader held. */
  readonly ackWaitMs: number
  readonly keyOf: (subject: string) => string
  /** Whether the group hears the subject. */
  readonly hears: (subject: string) => boolean
  /** Whether this reader has the message in its hands or has settled it. */
  readonly has: (sequence: number) => boolean
  /** How many it has in its hands. */
  readonly held: () => number
  /** Keys may have been let go. */
  readonly onOpen: () => void
  readonly onError: (error: unknown) => void
}

type Hold = {
  /** Sequences of each held key that must come first; null: not known, every key is held. */
  readonly awaited: Map<string, Set<number>> | null
  readonly until: number
  /** Which look it comes from: another gap begins another one. */
  readonly look: symbol
  /** Everything this reader holds was delivered by the broker as it is now, so counts can be compared. */
  readonly countable: boolean
}

/**
 * Keeps order where a reader takes over. What was delivered and neither acked nor received (another reader crashed, or the
 * connection broke with messages on their way) comes again only after the ack wait, while newer messages of the same key come
 * at once. A gap in the consumer's delivery sequence shows it; a key that may have such a predecessor is then held until it
 * has come, or is known to be settled, or must have come.
 */
export class Gate {
  readonly #options: GateOptions
  #lastDelivery: number | null = null
  #hold: Hold | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(options: GateOptions) {
    this.#options = options
  }

  holds(key: string): boolean {
    return this.#hold !== null && (this.#hold.awaited?.has(key) ?? true)
  }

  /** To be told of every delivery before it is worked on, with its number among the consumer's deliveries. */
  saw(delivery: number, { sequence, subject }: Pick<StreamMessage, 'sequence' | 'subject'>): void {
    const last = this.#lastDelivery
    this.#lastDelivery = delivery
    if (last === null || delivery !== last + 1) return void this.#look(last === null)
    const key = this.#options.keyOf(subject)
    if (this.#hold?.awaited?.get(key)?.delete(sequence)) this.#letGo()
  }

  /** The broker may have been restarted: it counts the ack wait of what it delivered from then on. */
  reconnected(): void {
    if (this.#hold) this.#hold = { ...this.#hold, until: this.#deadline() }
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #deadline(): number {
    return Date.now() + this.#options.ackWaitMs + SLACK_MS
  }

  async #look(countable: boolean): Promise<void> {
    const { onError } = this.#options
    clearInterval(this.#timer)
    const hold: Hold = { awaited: null, look: Symbol('look'), until: this.#deadline(), countable }
    this.#hold = hold
    try {
      const info = await this.#info()
      const awaited = countable && this.#hasAll(info) ? new Map<string, Set<number>>() : await this.#predecessors(info)
      // another gap began another look
      if (this.#hold?.look !== hold.look) return
      this.#hold = { ...this.#hold, awaited }
      this.#timer = setInterval(() => void this.#lookAgain().catch(onError), LOOK_AGAIN_MS)
      this.#letGo()
    } catch (error) {
      onError(error)
      // nothing is known while the broker is away: all is held until it can be asked
      if (this.#hold?.look === hold.look) this.#timer = setTimeout(() => void this.#look(countable), LOOK_AGAIN_MS)
    }
  }

  /** The reader before may still be at work and ack what it holds: that too is an end of the wait. */
  async #lookAgain(): Promise<void> {
    const hold = this.#hold
    if (!hold || Date.now() > hold.until) return this.#open()
    const info = await this.#info()
    if (this.#hold?.look !== hold.look) return
    if (hold.countable && this.#hasAll(info)) return this.#open()
    for (const sequences of hold.awaited?.values() ?? []) {
      for (const sequence of sequences) if (sequence <= info.ack_floor.stream_seq) sequences.delete(sequence)
    }
    this.#letGo()
  }

  #info(): Promise<ConsumerInfo> {
    return this.#options.jsm.consumers.info(this.#options.stream, this.#options.group)
  }

  #hasAll(info: ConsumerInfo): boolean {
    return info.num_ack_pending <= this.#options.held()
  }

  /** What lies between the ack floor and the newest delivery and is not this reader's, by key; null: too much to look at. */
  async #predecessors({ ack_floor, delivered }: ConsumerInfo): Promise<Map<string, Set<number>> | null> {
    const { jsm, stream, keyOf, hears, has } = this.#options
    const count = delivered.stream_seq - ack_floor.stream_seq
    if (count > MAX_LOOKED_AT) return null
    const messages: StreamMessage[] = []
    if (count > 0) await directBatch(jsm, stream, { seq: ack_floor.stream_seq + 1, batch: count }, messages)
    const missing = messages.filter(({ sequence, subject }) => sequence <= delivered.stream_seq && hears(subject) && !has(sequence))
    const awaited = new Map<string, Set<number>>()
    for (const { sequence, subject } of missing) awaited.set(keyOf(subject), (awaited.get(keyOf(subject)) ?? new Set()).add(sequence))
    return awaited
  }

  /** Lets the keys go that wait for nothing any more. */
  #letGo(): void {
    const awaited = this.#hold?.awaited
    if (!awaited) return
    for (const [key, sequences] of awaited) if (sequences.size === 0) awaited.delete(key)
    if (awaited.size === 0) this.#open()
    else this.#options.onOpen()
  }

  #open(): void {
    clearInterval(this.#timer)
    this.#hold = null
    this.#options.onOpen()
  }
}

const MAX_LOOKED_AT = 2_000
const SLACK_MS = 1_000
const LOOK_AGAIN_MS = 250
