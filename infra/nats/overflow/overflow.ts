import type { JetStreamManager, JsMsg } from '@nats-io/jetstream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import { directBatch } from '../direct.ts'
import type { GroupMessage } from '../group.ts'
import type { Lanes, Work } from '../lanes.ts'
import type { Receipts } from '../receipts.ts'
import type { StreamMessage } from '../wire.ts'
import { Flow } from './flow.ts'
import { MarkerTaken, type Markers, type StoredMarker } from './markers.ts'

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
    if (!flow?.open.has(work)) return this.consider(work.key)
    Object.assign(flow, { attempts: work.attempt - 1, reason })
    this.#save(flow)
  }

  /** To be told of each message that is settled. */
  settled(work: Work<Item>): void {
    const flow = this.#flows.get(work.key)
    if (!flow?.settled(work) || flow.state === 'storing') return
    this.#save(flow)
    if (flow.open.size === 0) void this.#read(flow)
  }

  /** Takes up what other readers left. @throws STORE_UNAVAILABLE and the like: nothing is known then */
  async recall(): Promise<void> {
    const { markers, reader, hears, log } = this.#options
    const before = new Set(this.#flows.values())
    const stored = await markers.load()
    for (const flow of before) if (flow.isSettledDown && !stored.has(flow.subject) && this.#isOurs(flow)) this.#drop(flow)
    for (const [subject, found] of stored) {
      const flow = this.#flows.get(subject)
      if (flow && (found.marker.reader === reader || !flow.isSettledDown)) continue
      if (flow) this.#drop(flow)
      if (hears(subject)) this.#adopt(found)
      else {
        log.warn({ subject }, 'no longer heard: what waited is passed over')
        await markers.remove(subject, found.revision)
      }
    }
  }

  /** Another reader is the active one: it has the markers. */
  stepDown(): void {
    for (const flow of [...this.#flows.values()]) this.#drop(flow)
    this.#lantern = null
  }

  /** Stops, and waits for what is being written, `withinMs` at most. */
  async close(withinMs: number): Promise<void> {
    this.#closed = true
    await Promise.race([Promise.all([...this.#flows.values()].map(({ saving }) => saving)), sleep(withinMs, undefined, { ref: false })])
  }

  async #begin(key: string): Promise<void> {
    const { lanes, held, markers, receipts, log } = this.#options
    const lane = lanes.look(key)
    if (!lane || this.#closed || this.#flows.has(key) || this.#flows.size >= MAX_FLOWS || held(key)) return
    const flow = new Flow({ subject: key, sequence: lane.head.sequence, attempts: lane.head.attempt - 1, reason: '', since: new Date().toISOString(), reader: '' }, 0, 'storing')
    this.#flows.set(key, flow)
    if (!(await this.#write(flow))) return
    // who becomes active after this finds the marker; who was it before does not look for it, and we must not ack what is theirs
    const isActive = await this.#isActive(flow)
    if (this.#closed) return
    if (!isActive || !this.#isOurs(flow)) {
      this.#drop(flow)
      await markers.remove(key, flow.revision).catch((error: unknown) => log.debug({ err: error, key }, 'the marker is not ours any more'))
      return
    }
    flow.state = 'flowing'
    const followers = lanes.take(key, 'followers')
    const head = lanes.look(key)?.head
    if (head) flow.keep(head)
    for (const { message } of [...(head ? [head] : []), ...followers]) {
      const { delivery } = message
      message.delivery = null
      if (delivery) this.#ack(flow, delivery)
    }
    log.warn({ subject: key, sequence: flow.sequence, followers: followers.length, held: receipts.count }, 'overflows: its events are read from the stream until it has caught up')
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

  #adopt({ marker, revision }: StoredMarker): void {
    const flow = new Flow(marker, revision, 'flowing')
    this.#flows.set(marker.subject, flow)
    for (const { message } of this.#options.lanes.take(marker.subject, 'waiting')) if (message.delivery) this.#ack(flow, message.delivery)
    this.#save(flow)
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
        const works = flow.worksOf(batch.map((message) => ({ ...message, redeliveries: flow.attempts })), accept)
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
    const { markers, receipts, log } = this.#options
    await flow.saving
    flow.isEnding = true
    for (let isRemoved = false; !isRemoved; ) {
      if (!this.#isOurs(flow)) return
      try {
        await markers.remove(flow.subject, flow.revision)
        isRemoved = true
      } catch (error) {
        if (!(error instanceof MarkerTaken)) throw error
        const stored = await markers.get(flow.subject)
        if (stored && !(await this.#reclaim(flow, stored.revision))) return
        isRemoved = stored === null
      }
    }
    if (!this.#isOurs(flow)) return
    this.#flows.delete(flow.subject)
    this.#passed.set(flow.subject, flow.sequence)
    if (this.#passed.size > REMEMBERED) for (const oldest of this.#passed.keys()) if (this.#passed.delete(oldest)) break
    if (this.#flows.size === 0 && this.#lantern) {
      receipts.settle(this.#lantern)
      this.#lantern = null
    }
    this.#giveAside(flow)
    log.info({ subject: flow.subject, since: flow.since }, 'has caught up')
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

  #save(flow: Flow): void {
    flow.isDirty = true
    flow.saving ??= (async () => {
      while (flow.isDirty && (await this.#write(flow)));
      flow.saving = null
    })()
  }

  /** Writes the newest state; false when it is no longer this reader's. */
  async #write(flow: Flow): Promise<boolean> {
    const { markers, reader, log } = this.#options
    while (this.#isOurs(flow)) {
      try {
        flow.isDirty = false
        flow.revision = await markers.put({ ...flow.marker, reader }, flow.revision)
        return true
      } catch (error) {
        flow.isDirty = true
        try {
          if (!(error instanceof MarkerTaken)) throw error
          if (!(await this.#reclaim(flow, (await markers.get(flow.subject))?.revision ?? 0))) return false
        } catch (cause) {
          log.warn({ err: cause, subject: flow.subject }, 'cannot write the marker yet')
          await sleep(PAUSE_MS)
        }
      }
    }
    return false
  }

  /** The marker is the active reader's, whoever wrote it last. */
  async #reclaim(flow: Flow, revision: number): Promise<boolean> {
    const isActive = await this.#options.isActive()
    if (isActive) flow.revision = revision
    else this.#drop(flow)
    return isActive
  }

  #drop(flow: Flow): void {
    if (this.#flows.get(flow.subject) !== flow) return
    this.#flows.delete(flow.subject)
    if (flow.state !== 'storing') for (const { message } of this.#options.lanes.take(flow.subject, 'waiting')) if (message.delivery) flow.aside.push(message.delivery)
    this.#giveAside(flow)
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
