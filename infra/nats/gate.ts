import type { JetStreamManager } from '@nats-io/jetstream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { lookAt, windowOf, type Look } from './look.ts'

export type GateOptions = {
  readonly jsm: JetStreamManager
  readonly stream: string
  readonly group: string
  readonly keyOf: (subject: string) => string
  /** Whether the group hears the subject. */
  readonly hears: (subject: string) => boolean
  /** Whether this reader has the message in its hands or has settled it. */
  readonly has: (sequence: number) => boolean
  /** How many it has in its hands of what came under the present pin, up to this delivery. */
  readonly heldUpTo: (delivery: number) => number
  /** Learns what readers before wrote down. Asked after the broker was, so that nothing they wrote before they acked is missed. */
  readonly recall: () => Promise<void>
  /** Keys may have been let go. */
  readonly onOpen: () => void
  readonly log: Log
  /** How long nothing may change before a message that never comes is given up, milliseconds. 30 s by default. */
  readonly stallMs?: number
}

/** Sequences of each held key that must come first; null while they are not known: then every key is held. */
type Hold = { awaited: Map<string, Set<number>> | null; changed: number; facts: string }

/**
 * Keeps order where deliveries were lost or belonged to another reader. The broker gives such a message again only after the
 * ack wait, and newer ones of the same key at once. A new pin or a gap between delivery numbers shows it; a key is then held until
 * what may come before has come, or the broker's own numbers say that it is settled: it lies below the ack floor, or all that
 * the broker waits for was delivered to this reader and is in its hands. No clock decides; one only ends a stall, as an error.
 * Without a new pin and without a gap nothing is asked.
 */
export class Gate {
  readonly #options: GateOptions
  readonly #closing = new AbortController()
  #pin: string | null = null
  #delivery = 0
  #hold: Hold | null = null
  #resolving = false

  constructor(options: GateOptions) {
    this.#options = options
  }

  holds(key: string): boolean {
    return this.#hold !== null && (this.#hold.awaited?.has(key) ?? true)
  }

  /** To be told of every delivery before it is worked on, with its number among the consumer's deliveries. */
  saw(pin: string, delivery: number): void {
    const follows = pin === this.#pin && delivery === this.#delivery + 1
    this.#pin = pin
    this.#delivery = delivery
    if (follows) return
    this.#hold = { awaited: null, changed: Date.now(), facts: '' }
    if (!this.#resolving) void this.#resolve()
  }

  /** To be told of every delivery when it has its place before what came earlier and belongs behind it: that may begin now. */
  placed(key: string, sequence: number): void {
    if (this.#hold?.awaited?.get(key)?.delete(sequence)) this.#letGo(this.#hold)
  }

  close(): void {
    this.#closing.abort()
  }

  async #resolve(): Promise<void> {
    const { signal } = this.#closing
    this.#resolving = true
    for (let pauseMs = FIRST_PAUSE_MS; this.#hold && !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const hold = this.#hold
      try {
        if (await this.#advance(hold)) break
      } catch (error) {
        // nothing is known while the broker is away: all is held until it can be asked
        hold.changed = Date.now()
        this.#options.log.warn({ err: error }, 'what the reader before held is not known')
      }
      if (hold === this.#hold) await sleep(pauseMs, undefined, { signal }).catch(() => {})
      else pauseMs = FIRST_PAUSE_MS
    }
    this.#resolving = false
  }

  /** One look at the broker; true when it opened the gate. */
  async #advance(hold: Hold): Promise<boolean> {
    const { jsm, stream, group, heldUpTo, hears, has, keyOf, recall, log, stallMs = STALL_MS } = this.#options
    const look = await lookAt(jsm, stream, group)
    const hasAll = look.pin === this.#pin && look.pending <= heldUpTo(look.delivery)
    const window = hasAll ? null : hold.awaited ?? (await windowOf(jsm, stream, look, (sequence, subject) => hears(subject) && !has(sequence), keyOf))
    await recall()
    // another gap began another hold
    if (hold !== this.#hold) return false
    if (hasAll) return this.#open()
    hold.awaited = window
    for (const sequences of window?.values() ?? []) for (const sequence of sequences) if (sequence <= look.floor || has(sequence)) sequences.delete(sequence)
    this.#letGo(hold)
    if (this.#hold !== hold) return true
    const facts = factsOf(look, hold)
    if (facts !== hold.facts) Object.assign(hold, { facts, changed: Date.now() })
    if (Date.now() - hold.changed < stallMs) return false
    log.error({ look, keys: hold.awaited?.size ?? 'all' }, 'what must come first does not come: going on without it')
    return this.#open()
  }

  /** Lets the keys go that wait for nothing any more. */
  #letGo(hold: Hold): void {
    if (!hold.awaited) return
    for (const [key, sequences] of hold.awaited) if (sequences.size === 0) hold.awaited.delete(key)
    if (hold.awaited.size === 0) this.#open()
    else this.#options.onOpen()
  }

  #open(): true {
    this.#hold = null
    this.#options.onOpen()
    return true
  }
}

const factsOf = ({ pin, pending, floor, delivery }: Look, { awaited }: Hold): string => JSON.stringify([pin, pending, floor, delivery, awaited?.size])

const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 200
const STALL_MS = 30_000
