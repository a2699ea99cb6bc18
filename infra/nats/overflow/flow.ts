import type { JsMsg } from '@nats-io/jetstream'
import type { GroupMessage } from '../group.ts'
import type { Work } from '../lanes.ts'
import type { Keeper } from './keeper.ts'
import type { Marker } from './markers.ts'
import type { Item } from './overflow.ts'

/** One key whose events are read from the stream: its place there, and what of it is in the lane. */
export class Flow {
  readonly subject: string
  readonly since: string
  /** Its first marker is being stored; what comes is acked; what comes waits aside until the marker is gone. */
  state: 'storing' | 'flowing' | 'draining'
  /** Of the first message that is not settled. */
  sequence: number
  attempts: number
  reason: string
  readonly keeper: Keeper
  /** Its works in the lane. */
  readonly open = new Set<Work<Item>>()
  readonly aside: JsMsg[] = []
  /** Highest sequence that was acked behind the marker. */
  acked = 0
  /** Sequence of the last message that may have been acked behind the marker, known once it drains. */
  last: number | null = null
  isReading = false
  isEnding = false

  constructor(marker: Omit<Marker, 'reader'>, state: Flow['state'], keeperOf: (flow: Flow) => Keeper) {
    const { subject, since, sequence, attempts, reason } = marker
    this.subject = subject
    this.since = since
    this.sequence = sequence
    this.attempts = attempts
    this.reason = reason
    this.state = state
    this.keeper = keeperOf(this)
  }

  get marker(): Omit<Marker, 'reader'> {
    const { subject, since, sequence, attempts, reason } = this
    return { subject, since, sequence, attempts, reason }
  }

  /** All that is known to be there is settled. */
  get isIdle(): boolean {
    return this.state === 'flowing' && !this.isReading && this.open.size === 0
  }

  /** Its marker is stored and stays for now. */
  get isSettledDown(): boolean {
    return this.state !== 'storing' && !this.isEnding
  }

  /** A head that was begun stays in the lane. */
  keep(head: Work<Item>): void {
    this.open.add(head)
    this.sequence = head.sequence
    this.attempts = head.attempt - 1
  }

  /** Moves on behind a work; false when it is none of its own. */
  settled(work: Work<Item>): boolean {
    if (!this.open.delete(work) && this.state !== 'storing') return false
    this.sequence = work.sequence + 1
    this.attempts = 0
    this.reason = ''
    return true
  }

  /** Works of the next messages; the group passes over what it does not accept. */
  worksOf(messages: readonly GroupMessage[], accept: (message: GroupMessage) => boolean): readonly Work<Item>[] {
    const works = messages.filter(accept).map((message): Work<Item> => ({
      key: this.subject, sequence: message.sequence, message: { message, delivery: null },
      // what was tried before is the first that is not settled
      attempt: message.sequence === this.sequence ? this.attempts + 1 : 1,
    }))
    for (const work of works) this.open.add(work)
    const last = messages.at(-1)
    if (last && works.length === 0) this.sequence = last.sequence + 1
    return works
  }
}
