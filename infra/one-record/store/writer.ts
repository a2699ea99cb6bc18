import { unavailable } from '../http/api-error.ts'
import { DeposedError } from './deposed.ts'
import type { CommitLog, StoredCommit } from './log.ts'
import { addCommit, type Place, type RecordIndex } from './record-index.ts'
import { openStage, type Stage, type Transaction } from './transaction.ts'

/** Writes of one record: those that come while a commit is on its way share the next one. */
export type GroupWriter = {
  /** Runs `change` and resolves when its commit is durable. @throws what `change` throws, ApiError 503 */
  write<T>(change: (transaction: Transaction) => Promise<T>): Promise<T>
  busy(): boolean
  /** Settles when another claim's commit was found where ours should be. */
  readonly deposed: Promise<void>
}

/** One write that waits: `run` stages it and says how to answer once the commit is durable; `fail` answers at once. */
type Waiting = { run(stage: Stage): Promise<() => void>; fail(error: unknown): void }

const MOST_WAITING = 2_000
const MOST_BYTES = 8 * 1024 * 1024

export const groupWriter = (
  { log, index, epoch, read, answerWithinMs, onCommit }: {
    readonly log: CommitLog; readonly index: RecordIndex; readonly epoch: number; readonly read: (place: Place) => Promise<Buffer>
    readonly answerWithinMs: number; readonly onCommit: (commit: StoredCommit) => void
  },
): GroupWriter => {
  const { promise: deposed, resolve: depose } = Promise.withResolvers<void>()
  let isDeposed = false
  let working = false
  let waiting: Waiting[] = []

  const work = async (): Promise<void> => {
    working = true
    while (waiting.length > 0) {
      const group: Waiting[] = []
      try {
        await commitGroup(group)
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

  const commitGroup = async (group: Waiting[]): Promise<void> => {
    const at = new Date(Math.max(Date.now(), index.at))
    const stage = openStage(index.objects, read, at)
    const answers: (() => void)[] = []
    while (waiting.length > 0 && stage.bytes < MOST_BYTES) {
      const next = waiting.shift() as Waiting
      group.push(next)
      answers.push(await next.run(stage))
    }
    if (stage.drafts.length > 0) await commit(at, stage, group)
    answers.forEach((answer) => answer())
  }

  const commit = async (at: Date, { drafts }: Stage, group: readonly Waiting[]): Promise<void> => {
    const late = () => group.forEach(({ fail }) => fail(unavailable('The object store does not answer; whether this was written is not known yet.')))
    const timer = setTimeout(late, answerWithinMs)
    const stored = await log.append(index.head + 1, { kind: 'write', epoch, at: at.toISOString(), drafts }).finally(() => clearTimeout(timer))
    if (!stored) throw new DeposedError(`commit ${index.head + 1} is another's`)
    addCommit(index, stored.header, stored.placed)
    onCommit(stored)
  }

  const write: GroupWriter['write'] = (change) =>
    new Promise((resolve, reject) => {
      if (isDeposed) return reject(unavailable('Another instance serves this record now.'))
      if (waiting.length >= MOST_WAITING) return reject(unavailable('Too many writes wait already.'))
      waiting.push({
        run: (stage) => stage.run(change).then((result) => () => resolve(result), (error: unknown) => () => reject(error)),
        fail: reject,
      })
      if (!working) void work()
    })
  return { write, busy: () => working, deposed }
}
