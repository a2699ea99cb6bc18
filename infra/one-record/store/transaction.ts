import { setImmediate as othersTurn } from 'node:timers/promises'
import { storageFull } from '../http/api-error.ts'
import { HEADER_BYTES, type Op } from './commit.ts'
import { withEntry } from './memtable.ts'
import type { Place, Transaction, WriteOptions } from './port.ts'
import { readerOf, type View } from './view.ts'

/** The next commit while its changes are gathered. */
export type Stage = {
  readonly ops: readonly Op[]
  readonly bodies: readonly Buffer[]
  /** What it takes by now: bodies, and roughly its operations. */
  readonly bytes: number
  /** What waits for it to be durable. */
  readonly afterwards: readonly (() => void)[]
  /** Runs one change; what it did counts only when it does not throw. @throws ApiError 507 */
  run<T>(change: (transaction: Transaction) => Promise<T>, options?: WriteOptions): Promise<T>
}

const MOST_KEY = 1_024
const MOST_VALUE = 4_096
/** Reads of rows in a row: they are answered from memory, so that nobody else would be served while a change makes thousands of objects. */
const READS_AT_ONCE = 200

/**
 * @param view what is durable; the stage is of the commit after its head @param body reads a durable body
 * @param limit bytes that this commit may take (`room`), and who hears that a change was refused for them
 */
export const openStage = (view: View, body: (place: Place) => Promise<Buffer>, at: Date, limit: { room(): number; full(): void }): Stage => {
  const commit = view.head + 1
  const ops: Op[] = []
  const bodies: Buffer[] = []
  const afterwards: (() => void)[] = []
  const byOffset = new Map<number, Buffer>()
  let table = view.table
  let reads = 0
  let [offset, bytes] = [HEADER_BYTES, HEADER_BYTES]

  const run: Stage['run'] = async (change, { beyondLimit = false } = {}) => {
    const own = { ops: [] as Op[], bodies: [] as Buffer[], afterwards: [] as (() => void)[], table, offset, bytes, over: false }
    const read = async (place: Place): Promise<Buffer> => (place[0] === commit ? byOffset.get(place[1]) ?? Promise.reject(new Error('there is no such body in this commit')) : body(place))
    const reader = () => readerOf({ ...view, table: own.table }, read)
    const add = (op: Op): void => {
      if (own.over) throw new Error('this change has ended')
      if (op.key.length > MOST_KEY || (op.json?.length ?? 0) > MOST_VALUE) throw new RangeError(`the row ${op.key.slice(0, 100)} is too long: its key has ${op.key.length} characters, its value ${op.json?.length ?? 0}`)
      own.ops.push(op)
      own.bytes += op.key.length + (op.json?.length ?? 0) + OP_BYTES
      own.table = withEntry(own.table, { ...op, commit, at: at.getTime() })
    }
    const transaction: Transaction = {
      head: view.head,
      at,
      get: async (key) => {
        reads += 1
        if (reads % READS_AT_ONCE === 0) await othersTurn()
        return reader().get(key)
      },
      scan: (scan) => reader().scan(scan),
      body: read,
      keep: (kept) => {
        const place: Place = [commit, own.offset, kept.length]
        byOffset.set(own.offset, kept)
        own.bodies.push(kept)
        own.offset += kept.length
        own.bytes += kept.length
        return place
      },
      put: (key, value, place = null) => add({ key, json: JSON.stringify(value), place }),
      delete: (key) => add({ key, json: null, place: null }),
      afterwards: (later) => void own.afterwards.push(later),
    }
    const result = await change(transaction).finally(() => { own.over = true })
    if (own.bytes > bytes && !beyondLimit && own.bytes > limit.room()) {
      limit.full()
      throw storageFull()
    }
    ops.push(...own.ops)
    bodies.push(...own.bodies)
    afterwards.push(...own.afterwards)
    ;({ table, offset, bytes } = own)
    return result
  }
  return { ops, bodies, afterwards, run, get bytes() { return bytes } }
}

/** Of an operation besides its key and value: its place. */
const OP_BYTES = 32
