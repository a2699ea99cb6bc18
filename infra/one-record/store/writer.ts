import { unavailable } from '../http/api-error.ts'
import { DeposedError } from './deposed.ts'
import type { CommitLog, StoredCommit } from './log.ts'
import type { Place, Transaction, WriteOptions } from './port.ts'
import { openStage, type Stage } from './transaction.ts'
import type { View } from './view.ts'

/** Writes of one record: those that come while a commit is on its way share the next one. */
export type GroupWriter = {
  /** Runs `change` and resolves when its commit is durable. @throws what `change` throws, ApiError 503 | 507 */
  write<T>(change: (transaction: Transaction) => Promise<T>, options?: WriteOptions): Promise<T>
  busy(): boolean
  /** Settles when another claim's commit was found where ours should be. */
  readonly deposed: Promise<void>
}

/** What the writer knows of its record. */
export type Writable = {
  readonly log: CommitLog
  readonly epoch: number
  readonly answerWithinMs: number
  /** All that is durable. */
  view(): View
  /** Time of the newest commit, milliseconds. */
  at(): number
  /** Bytes that the record may still grow by. */
  room(): number
  /** Hears that a write was refused, since there was no room for it. */
  full(): void
  body(place: Place): Promise<Buffer>
  /** Takes in a commit that became durable, with the bodies that it kept; the next waits for it. */
  took(commit: StoredCommit, bodies: readonly Buffer[]): Promise<void>
}

/** One write that waits: `run` stages it and says how to answer once the commit is durable; `fail` answers at once. */
type Waiting = { run(stage: Stage): Promise<() => void>; fail(error: unknown): void }

const MOST_WAITING = 2_000
const MOST_BYTES = 4 * 1024 * 1024
/** Longest wait for more writes before a commit, milliseconds; and never longer than the commit before took. */
const GATHER_MS = 5

export const groupWriter = ({ log, epoch, answerWithinMs, ...record }: Writable): GroupWriter => {
  const { promise: deposed, resolve: depose } = Promise.withResolvers<void>()
  let isDeposed = false
  let working = false
  let waiting: Waiting[] = []
  /** Writes that may come at once, those that wait already among them, and until when that is worth waiting for. */
  let crowd = { size: 0, until: 0 }
  let allCame: (() => void) | null = null

  /** Who was just answered often writes again: one commit takes them all then, where two halves would take turns. */
  const gather = async (): Promise<void> => {
    const ms = crowd.until - performance.now()
    if (ms <= 0 || waiting.length >= crowd.size) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    allCame = resolve
    await promise
    allCame = null
    clearTimeout(timer)
  }

  const work = async (): Promise<void> => {
    working = true
    while (waiting.length > 0) {
      await gather()
      const began = performance.now()
      const group: Waiting[] = []
      try {
        const answers = await commitGroup(group)
        // whoever hears that its write is done finds nothing on its way
        working = waiting.length > 0
        const now = performance.now()
        crowd = { size: group.length + waiting.length, until: now + Math.min(GATHER_MS, now - began) }
        answers.forEach((answer) => answer())
      } catch (error) {
        if (error instanceof DeposedError) stop(group)
        else group.forEach(({ fail }) => fail(error))
      }
    }
    working = false
  }
  const stop = (group: readonly Waiting[]): void => {
    isDeposed = true
    for (const { fail } of [...group, ...waiting]) fail(unavailable('Another instance serves this record now.'))
    waiting = []
    depose()
  }

  const commitGroup = async (group: Waiting[]): Promise<readonly (() => void)[]> => {
    const at = new Date(Math.max(Date.now(), record.at()))
    const stage = openStage(record.view(), record.body, at, record)
    const answers: (() => void)[] = []
    while (waiting.length > 0 && stage.bytes < MOST_BYTES) {
      const next = waiting.shift() as Waiting
      group.push(next)
      answers.push(await next.run(stage))
    }
    if (stage.ops.length > 0) await commit(at, stage, group)
    return [...stage.afterwards, ...answers]
  }

  const commit = async (at: Date, { ops, bodies }: Stage, group: readonly Waiting[]): Promise<void> => {
    const n = record.view().head + 1
    const late = () => group.forEach(({ fail }) => fail(unavailable('The object store does not answer; whether this was written is not known yet.')))
    const timer = setTimeout(late, answerWithinMs)
    const stored = await log.append(n, { kind: 'write', epoch, at: at.toISOString(), ops, bodies }).finally(() => clearTimeout(timer))
    if (!stored) throw new DeposedError(`commit ${n} is another's`)
    await record.took(stored, bodies)
  }

  const write: GroupWriter['write'] = (change, options) =>
    new Promise((resolve, reject) => {
      if (isDeposed) return reject(unavailable('Another instance serves this record now.'))
      if (waiting.length >= MOST_WAITING) return reject(unavailable('Too many writes wait already.'))
      waiting.push({
        run: (stage) => stage.run(change, options).then((result) => () => resolve(result), (error: unknown) => () => reject(error)),
        fail: reject,
      })
      if (!working) void work()
      else if (waiting.length >= crowd.size) allCame?.()
    })
  return { write, busy: () => working, deposed }
}
