import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from '../event-store/port.ts'

/** One message waiting or being worked on. `attempt` counts from 1 and grows with counted retries. */
export type Work<M> = { readonly key: string; readonly sequence: number; readonly message: M; attempt: number }

export type LanesOptions<M> = {
  /** Keys worked on at the same time. A head that waits for its retry takes no place. */
  readonly concurrency: number
  /** Never rejects. */
  readonly handle: (work: Work<M>) => Promise<Verdict>
  /** Acks or parks; the next of the key starts when it resolves. Never rejects. */
  readonly settle: (work: Work<M>, verdict: Exclude<Verdict, { verdict: 'retry' }>) => Promise<void> | void
  /** Told of each retry, when `attempt` is that of the next one. */
  readonly onRetry?: (work: Work<M>, reason: string) => void
  /** Whether the key must not start now; `start` looks again. */
  readonly held?: (key: string) => boolean
}

type Lane<M> = { readonly key: string; readonly works: Work<M>[]; state: 'ready' | 'active' | 'waiting'; timer?: NodeJS.Timeout }

/**
 * A lane for each key: works of one key one after the other in the order of their sequences, works of different keys side
 * by side. A head that is to be retried keeps its place and what follows waits.
 */
export class Lanes<M> {
  readonly #options: LanesOptions<M>
  readonly #lanes = new Map<string, Lane<M>>()
  #active = 0
  #stopped = false

  constructor(options: LanesOptions<M>) {
    this.#options = options
  }

  /** Adds a work at its place and starts it at once when nothing is before it. */
  push(work: Work<M>): void {
    const lane: Lane<M> = this.#lanes.get(work.key) ?? { key: work.key, works: [], state: 'ready' }
    this.#lanes.set(work.key, lane)
    const first = lane.state === 'active' ? 1 : 0
    let at = lane.works.length
    while (at > first && (lane.works[at - 1]?.sequence ?? 0) > work.sequence) at--
    lane.works.splice(at, 0, work)
    this.#start(lane)
  }

  /** Starts whatever may start: after `held` changed its mind. */
  start(): void {
    for (const lane of this.#lanes.values()) {
      if (this.#active >= this.#options.concurrency) return
      this.#start(lane)
    }
  }

  /** How long the lane is, its head, and whether that failed and waits; undefined when there is nothing. */
  look(key: string): { readonly length: number; readonly head: Work<M>; readonly isFailing: boolean } | undefined {
    const lane = this.#lanes.get(key)
    const head = lane?.works[0]
    return lane && head && { length: lane.works.length, head, isFailing: lane.state === 'waiting' }
  }

  /** Keys whose head failed and waits for its retry. */
  failing(): readonly string[] {
    return [...this.#lanes.values()].filter(({ state }) => state === 'waiting').map(({ key }) => key)
  }

  /** Takes the works of a key out: all behind a head that was begun, or also the head, unless it is being handled. */
  take(key: string, which: 'followers' | 'waiting'): readonly Work<M>[] {
    const lane = this.#lanes.get(key)
    if (!lane) return []
    const keep = lane.state === 'active' || (lane.state === 'waiting' && which === 'followers')
    const taken = lane.works.splice(keep ? 1 : 0)
    if (!keep) this.#forget(lane)
    return taken
  }

  /** Takes out every work that is not being handled; gives the others. */
  clear(): readonly Work<M>[] {
    for (const key of this.#lanes.keys()) this.take(key, 'waiting')
    return [...this.#lanes.values()].flatMap(({ works }) => works)
  }

  /** Starts nothing more and waits for what is being handled, `withinMs` at most. */
  async stop(withinMs: number): Promise<void> {
    this.#stopped = true
    for (const lane of this.#lanes.values()) clearTimeout(lane.timer)
    const until = Date.now() + withinMs
    while (this.#active > 0 && Date.now() < until) await sleep(5)
  }

  #start(lane: Lane<M>): void {
    if (this.#stopped || lane.state !== 'ready' || this.#active >= this.#options.concurrency || this.#options.held?.(lane.key)) return
    const head = lane.works[0]
    if (!head) return this.#forget(lane)
    lane.state = 'active'
    this.#active++
    void this.#work(lane, head)
  }

  async #work(lane: Lane<M>, head: Work<M>): Promise<void> {
    const verdict = await this.#options.handle(head)
    if (verdict.verdict === 'retry') {
      if (verdict.counted !== false) head.attempt++
      lane.state = 'waiting'
      lane.timer = setTimeout(() => this.#ready(lane), verdict.delayMs)
      if (this.#stopped) clearTimeout(lane.timer)
      this.#options.onRetry?.(head, verdict.reason)
    } else {
      await this.#options.settle(head, verdict)
      lane.works.splice(lane.works.indexOf(head), 1)
      // to the end of the line, so that a long lane does not keep others from their turn
      this.#lanes.delete(lane.key)
      if (lane.works.length > 0) this.#lanes.set(lane.key, lane)
      lane.state = 'ready'
    }
    this.#active--
    this.start()
  }

  #ready(lane: Lane<M>): void {
    lane.state = 'ready'
    this.#start(lane)
  }

  #forget(lane: Lane<M>): void {
    clearTimeout(lane.timer)
    if (this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key)
  }
}
