import type { ObjectStore } from './object-store.ts'

/** What a row may hold; small, under 1 KB as JSON: what lists, filters and sorts need. Whole documents are bodies. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined }

/** Where a body lies: the commit, the offset in its object, the length in bytes. Never changes; a row's value may hold it too. */
export type Place = readonly [commit: number, offset: number, bytes: number]

/** One entry of the record's index. `commit` and `at` (milliseconds) are those of the commit that put it there last. */
export type Row<T = Json> = { readonly key: string; readonly value: T; readonly place: Place | null; readonly commit: number; readonly at: number }

/**
 * Rows whose keys begin with `prefix` (see `below`), in the order of their keys. `from`: the first key that counts, `after`: the
 * last that counts no more (where a former page ended); going in reverse both are upper bounds. `limit`: 1 to 1,000 rows.
 */
export type Scan = { readonly prefix: string; readonly from?: string | undefined; readonly after?: string | undefined; readonly reverse?: boolean; readonly limit: number }

/** One consistent view of the record: what all commits up to `head` say, whatever is written meanwhile. All throw ObjectStoreError. */
export type Reader = {
  readonly head: number
  /** The row as it was put: `T` is what its table's owner says it is. Null when there is none. */
  get<T = Json>(key: string): Promise<Row<T> | null>
  scan<T = Json>(scan: Scan): Promise<readonly Row<T>[]>
  body(place: Place): Promise<Buffer>
}

/**
 * One change of the record, a part of the next commit. It reads what is durable, its own puts and those of the changes before it in
 * the same commit. It must not begin a write of its own and wait for it.
 */
export type Transaction = Reader & {
  /** Time of the commit; never before that of the commit before it. */
  readonly at: Date
  /** Keeps a body in this commit; several rows may share it. */
  keep(body: Buffer): Place
  /** @throws RangeError when the key or the value is too long */
  put(key: string, value: Json, place?: Place | null): void
  delete(key: string): void
  /** Calls this once the commit is durable, and never when the change fails or is not written. It must not throw. */
  afterwards(run: () => void): void
}

export type WriteOptions = {
  /** Also when the record holds all it may: for what reduces it, and for what this server owes already. */
  readonly beyondLimit?: boolean
}

/**
 * Bytes too large for a commit, in objects of their own beside the log: there whole or not at all, and nothing to anybody until a commit
 * names them. `name`: `documents/...`, never used twice. All throw ObjectStoreError.
 */
export type Files = Pick<ObjectStore, 'upload' | 'download'>

/** The record of one claim: a log of commits, and what they derive to. */
export type OneRecord = {
  /** A view of all that is durable now. */
  reader(): Reader
  /**
   * Runs `change` in the next commit, after all others that wait; resolves when that commit is durable.
   * @throws what `change` throws (then nothing of it is written), ApiError 503 when deposed or when the outcome stays unknown,
   * 507 when the record would hold more bytes than it may
   */
  write<T>(change: (transaction: Transaction) => Promise<T>, options?: WriteOptions): Promise<T>
  /** What the record holds by now: objects, and bytes of commits and documents together. */
  usage(): { readonly objects: number; readonly bytes: number }
  readonly files: Files
}
