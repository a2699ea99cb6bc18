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
  /** Sequences this reader has in its hands or has settled. */
  readonly has: (sequence: number) => boolean
  readonly held: () => number
  readonly onOpen: () => void
  readonly onError: (error: unknown) => void
}

type Hold = { /** null: every key. */ readonly keys: ReadonlySet<string> | null; readonly upTo: number; missing: number; timer?: NodeJS.Timeout }

/**
 * Keeps order where a reader takes over. What another reader held and did not ack (it crashed, or the connection broke with
 * messages on their way) comes again only after the ack wait, while newer messages of the same key come at once. A gap in the
 * consumer's delivery sequence shows it; keys that may have such a predecessor are then held until it has come.
 */
export class Gate {
  readonly #options: GateOptions
  #lastDelivery: number | null = null
  #hold: Hold | null = null

  constructor(options: GateOptions) {
    this.#options = options
  }

  holds(key: string): boolean {
    return this.#hold !== null && (this.#hold.keys === null || this.#hold.keys.has(key))
  }

  /** To be told of every delivery, before it is worked on. `isNew`: not one that this reader has already. */
  saw(delivery: number, sequence: number, isNew: boolean): void {
    const gap = this.#lastDelivery === null || delivery !== this.#lastDelivery + 1
    this.#lastDelivery = delivery
    if (gap) return void this.#look()
    if (this.#hold && isNew && sequence <= this.#hold.upTo && --this.#hold.missing <= 0) this.#open()
  }

  close(): void {
    clearInterval(this.#hold?.timer)
  }

  async #look(): Promise<void> {
    const { jsm, stream, group, ackWaitMs, onError } = this.#options
    clearInterval(this.#hold?.timer)
    const closed: Hold = { keys: null, upTo: 0, missing: 0 }
    this.#hold = closed
    try {
      const info = await jsm.consumers.info(stream, group)
      const missing = info.num_ack_pending - this.#options.held()
      const keys = missing > 0 ? await this.#keysWithPredecessors(info) : new Set<string>()
      // another gap began another look
      if (this.#hold !== closed) return
      if (missing <= 0) return this.#open()
      this.#hold = { keys, upTo: info.delivered.stream_seq, missing, timer: this.#openWhenDone(Date.now() + ackWaitMs + SLACK_MS) }
      this.#options.onOpen()
    } catch (error) {
      onError(error)
      if (this.#hold === closed) this.#open()
    }
  }

  /** The reader before may still be at work and ack what it holds: that too is an end of the wait. */
  #openWhenDone(until: number): NodeJS.Timeout {
    const { jsm, stream, group, held, onError } = this.#options
    const timer = setInterval(() => {
      if (Date.now() > until) return this.#open()
      jsm.consumers.info(stream, group).then(
        (info) => this.#hold?.timer === timer && info.num_ack_pending <= held() && this.#open(),
        onError,
      )
    }, LOOK_AGAIN_MS)
    return timer
  }

  /** Keys of messages between the ack floor and the newest delivery that this reader has not got; null: too many to look at. */
  async #keysWithPredecessors({ ack_floor, delivered }: ConsumerInfo): Promise<ReadonlySet<string> | null> {
    const { jsm, stream, keyOf, has } = this.#options
    const count = delivered.stream_seq - ack_floor.stream_seq
    if (count > MAX_LOOKED_AT) return null
    const messages: StreamMessage[] = []
    await directBatch(jsm, stream, { seq: ack_floor.stream_seq + 1, batch: count }, messages)
    return new Set(messages.filter(({ sequence }) => sequence <= delivered.stream_seq && !has(sequence)).map(({ subject }) => keyOf(subject)))
  }

  #open(): void {
    clearInterval(this.#hold?.timer)
    this.#hold = null
    this.#options.onOpen()
  }
}

const MAX_LOOKED_AT = 2_000
const SLACK_MS = 1_000
const LOOK_AGAIN_MS = 250
