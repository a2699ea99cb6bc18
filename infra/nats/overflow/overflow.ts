import type { JetStreamManager, JsMsg } from '@nats-io/jetstream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import { directBatch } from '../direct.ts'
import type { GroupMessage } from '../group.ts'
import type { Lanes, Work } from '../lanes.ts'
import type { Receipts } from '../receipts.ts'
import type { StreamMessage } from '../wire.ts'
import { Flow } from './flow.ts'
import { Keeper } from './keeper.ts'
import type { Marker, Markers } from './markers.ts'

/** What a lane of a group holds. `delivery` is null when it was read from the stream, or acked behind a marker. */
export type Item = { readonly message: GroupMessage; delivery: JsMsg | null }

export type OverflowOptions = {
  readonly jsm: JetStreamManager
  readonly stream: string
  readonly markers: Markers
  readonly lanes: Lanes<Item>
  readonly receipts: Receipts
  readonly hears: (subject: string) => boolean
  readonly accept: (message: GroupMessage) => boolean
  /** Whether the key waits for something that is not known here yet. */
  readonly held: (key: string) => boolean
  /** Gives a delivery to its lane. */
  readonly push: (message: JsMsg) => void
  /** Whether this reader is the active one. */
  readonly isActive: () => Promise<boolean>
  /** Names this reader in its markers. */
  readonly reader: string
  readonly log: Log
}

/** A lane behind a failing head flows over at so many. */
const FAILING_LANE = 16
/** Any lane flows over at so many. */
const LONG_LANE = 500
/** When a reader holds so many, every lane with a failing head flows over. */
const CROWDED = 1_000
/** Beyond that many keys the broker itself has to wait. */
const MAX_FLOWS = 5_000
const BATCH = 50
const PAUSE_MS = 200
const REMEMBERED = 10_000

/**
 * Takes keys with much to do out of the consumer, so that they do not use up what it may leave unacked. A marker is stored, what
 * the reader holds of the key is acked, and what follows is acked at sight: from then on the key's events are read from the
 * stream in their order, a few at a time, through the same lane. When all is settled the marker goes and the consumer has the key
 * again. Whoever becomes the active reader reads all markers first (`recall`).
 * One acked delivery is kept back, the lantern: it makes the broker turn to another reader when this one dies, though nothing new comes.
 */
export class Overflow {
  readonly #options: OverflowOptions
  readonly #flows = new Map<string, Flow>()
  /** Sequence behind the last one that was settled here, of keys that flow no more: late deliveries are known by it. */
  readonly #passed = new Map<string, number>()
  #lantern: JsMsg | null = null
  #closed = false

  constructor(options: OverflowOptions) {
    this.#options = options
  }

  /** Whether the key's events come from the stream. */
  has(key: string): boolean {
    const flow = this.#flows.get(key)
    return flow !== undefined && flow.state !== 'storing'
  }

  /** True when a delivery needs no place in a lane. */
  takes(message: JsMsg): boolean {
    const flow = this.#flows.get(message.subject)
    if (!flow || flow.state === 'storing') {
      if (message.seq >= (this.#passed.get(message.subject) ?? 0)) return false
      this.#options.receipts.settle(message)
    } else if (flow.state === 'draining') flow.aside.push(message)
    else {
      this.#ack(flow, message)
      if (flow.isIdle) void this.#read(flow)
    }
    return true
  }

  /** Lets a key flow over when its lane is too long. */
  consider(key: string): void {
    const { lanes, receipts } = this.#options
    const lane = lanes.look(key)
    if (lane && lane.length > (lane.isFailing ? FAILING_LANE : LONG_LANE)) void this.#begin(key)
    if (receipts.count >= CROWDED && receipts.count % 64 === 0) for (const failing of lanes.failing()) void this.#begin(failing)
  }

  /** To be told of each failed attempt. */
  failed(work: Work<Item>, reason: string): void {
    const flow = this.#flows.get(work.key)
    if (!flow?.open.has(work)) return work.message.delivery ? this.consider(work.key) : this.#leave(work)
    Object.assign(flow, { attempts: work.attempt - 1, reason })
    flow.keeper.save()
  }

  /** To be told of each message that is settled. */
  settled(work: Work<Item>): void {
    const flow = this.#flows.get(work.key)
    if (!flow?.settled(work) || flow.state === 'storing') return
    flow.keeper.save()
    if (flow.open.size === 0) void this.#read(flow)
  }

  /** Takes up what other readers left. @throws STORE_UNAVAILABLE and the like: nothing is known then */
  async recall(): Promise<void> {
    const { markers, reader, hears, log } = this.#options
    const before = [...this.#flows.values()].filter(({ isSettledDown }) => isSettledDown)
    const stored = await markers.load()
    for (const flow of before) if (flow.isSettledDown && !stored.has(flow.subject)) this.#drop(flow)
    for (const [subject, found] of stored) {
      const flow = this.#flows.get(subject)
      if (flow && (found.marker.reader === reader || !flow.isSettledDown)) continue
      if (flow) this.#drop(flow)
      if (hears(subject)) this.#adopt(found.marker, found.revision)
      else {
        log.warn({ subject }, 'no longer heard: what waited is passed over')
        await markers.remove(subject, found.revision)
      }
    }
    this.#putOut()
  }

  /** Another reader is the active one: it has the markers. */
  stepDown(): void {
    this.#lantern = null
    for (const flow of this.#flows.values()) this.#drop(flow)
  }

  /** Waits for what is being written, `withinMs` at most, and stops. */
  async close(withinMs: number): Promise<void> {
    await Promise.race([Promise.all([...this.#flows.values()].map(({ keeper }) => keeper.saved)), sleep(withinMs, undefined, { ref: false })])
    this.#closed = true
  }

  async #begin(key: string): Promise<void> {
    const { lanes, held, receipts, log } = this.#options
    const lane = lanes.look(key)
    if (!lane || this.#closed || this.#flows.has(key) || this.#flows.size >= MAX_FLOWS || held(key)) return
    const { head } = lane
    const flow = this.#open({ subject: key, sequence: head.sequence, attempts: head.attempt - 1, reason: '', since: new Date().toISOString() }, 0, 'storing')
    if (!(await flow.keeper.store())) return
    // who becomes active after this finds the marker; who was it before does not look for it, and we must not ack what is theirs
    const isActive = await this.#isActive(flow)
    if (this.#closed) return
    if (!isActive || !this.#isOurs(flow)) {
      this.#drop(flow)
      return await flow.keeper.discard()
    }
    this.#turn(flow)
    log.warn({ subject: key, sequence: flow.sequence, held: receipts.count }, 'overflows: its events are read from the stream until it has caught up')
  }

  /** Its marker stands: what is in the lane is acked, a head that was begun goes on. */
  #turn(flow: Flow): void {
    const { lanes } = this.#options
    flow.state = 'flowing'
    const followers = lanes.take(flow.subject, 'followers')
    const head = lanes.look(flow.subject)?.head
    if (head) flow.keep(head)
    for (const { message } of [...(head ? [head] : []), ...followers]) {
      const { delivery } = message
      message.delivery = null
      if (delivery) this.#ack(flow, delivery)
    }
    if (!head) void this.#read(flow)
  }

  /** Asked until it is known. */
  async #isActive(flow: Flow): Promise<boolean> {
    while (this.#isOurs(flow)) {
      try {
        return await this.#options.isActive()
      } catch (error) {
        this.#options.log.debug({ err: error }, 'who is active is not known')
        await sleep(PAUSE_MS)
      }
    }
    return false
  }

  #open(marker: Omit<Marker, 'reader'>, revision: number, state: Flow['state']): Flow {
    const { markers, isActive, reader, log } = this.#options
    const flow = new Flow(marker, state, (it) => new Keeper({
      markers, isActive, log, marker: () => ({ ...it.marker, reader }), isOurs: () => this.#isOurs(it), onLost: () => this.#drop(it),
    }, revision))
    this.#flows.set(flow.subject, flow)
    return flow
  }

  #adopt(marker: Marker, revision: number): void {
    const flow = this.#open(marker, revision, 'flowing')
    for (const { message } of this.#options.lanes.take(marker.subject, 'waiting')) if (message.delivery) this.#ack(flow, message.delivery)
    flow.keeper.save()
    void this.#read(flow)
  }

  /** Reads the next events into the lane, or ends the flow when there are no more. */
  async #read(flow: Flow): Promise<void> {
    const { jsm, stream, lanes, accept, log } = this.#options
    if (flow.isReading) return
    flow.isReading = true
    while (this.#isOurs(flow)) {
      try {
        const batch: StreamMessage[] = []
        await directBatch(jsm, stream, { seq: flow.sequence, next_by_subj: flow.subject, batch: BATCH }, batch)
        if (!this.#isOurs(flow)) break
        const works = flow.worksOf(batch.map((message) => ({ ...message, redeliveries: 0 })), accept)
        for (const work of works) lanes.push(work)
        if (works.length > 0) break
        if (batch.length > 0) continue
        if (flow.state === 'flowing' && flow.sequence > flow.acked && !this.#mayEnd(flow)) break
        if (await this.#drained(flow)) {
          await this.#end(flow)
          break
        }
      } catch (error) {
        log.warn({ err: error, subject: flow.subject }, 'cannot read on yet')
      }
      // the broker is away, or a replica lags
      await sleep(PAUSE_MS)
    }
    flow.isReading = false
  }

  /** From here on new deliveries wait aside; what was acked before is in the stream as the leader knows it. */
  async #drained(flow: Flow): Promise<boolean> {
    const { jsm, stream } = this.#options
    flow.state = 'draining'
    flow.last ??= (await jsm.streams.getMessage(stream, { last_by_subj: flow.subject }))?.seq ?? 0
    return flow.sequence > flow.last
  }

  /** The lantern's key ends last; while there is none, none does but with all others. */
  #mayEnd(flow: Flow): boolean {
    if (this.#flows.size === 1) return true
    if (this.#lantern) return this.#lantern.subject !== flow.subject
    return [...this.#flows.values()].every((other) => other === flow || other.isIdle)
  }

  async #end(flow: Flow): Promise<void> {
    flow.isEnding = true
    if (!(await flow.keeper.remove()) || !this.#isOurs(flow)) return
    this.#flows.delete(flow.subject)
    this.#passed.set(flow.subject, flow.sequence)
    if (this.#passed.size > REMEMBERED) for (const oldest of this.#passed.keys()) if (this.#passed.delete(oldest)) break
    this.#putOut()
    this.#giveAside(flow)
    this.#options.log.info({ subject: flow.subject, since: flow.since }, 'has caught up')
    for (const other of this.#flows.values()) if (other.isIdle) void this.#read(other)
  }

  /** Acks a delivery that the marker stands for: not at once, but when the next one takes its place as the lantern. */
  #ack(flow: Flow, message: JsMsg): void {
    const before = this.#lantern
    flow.acked = Math.max(flow.acked, message.seq)
    this.#lantern = message
    if (!before || before.seq === message.seq) return
    this.#options.receipts.settle(before)
    const freed = this.#flows.get(before.subject)
    if (freed !== flow && freed?.isIdle) void this.#read(freed)
  }

  /** Nothing is left to be done that the consumer does not know of. */
  #putOut(): void {
    if (this.#flows.size > 0 || !this.#lantern) return
    this.#options.receipts.settle(this.#lantern)
    this.#lantern = null
  }

  #drop(flow: Flow): void {
    if (this.#flows.get(flow.subject) !== flow) return
    this.#flows.delete(flow.subject)
    if (flow.state !== 'storing') for (const { message } of this.#options.lanes.take(flow.subject, 'waiting')) if (message.delivery) flow.aside.push(message.delivery)
    this.#giveAside(flow)
  }

  /** A work of a flow that is another reader's now. */
  #leave(work: Work<Item>): void {
    const { lanes } = this.#options
    for (const other of lanes.take(work.key, 'waiting')) if (other !== work) lanes.push(other)
  }

  #giveAside(flow: Flow): void {
    for (const message of flow.aside.splice(0)) {
      if (message.seq < flow.sequence) this.#options.receipts.settle(message)
      else this.#options.push(message)
    }
  }

  #isOurs(flow: Flow): boolean {
    return !this.#closed && this.#flows.get(flow.subject) === flow
  }
}
