import { below, key } from '../store/key.ts'
import type { Reader, Row, Transaction } from '../store/port.ts'

/**
 * Value of `erased/<object>`, which stays for ever in the place of an object whose content was erased: that there was one, and how many
 * revisions it had. Its id is not given again. Times in milliseconds. `clearing`: rows of it are still to be taken away; `pending`: its
 * bytes are still in the store, where this server cannot delete; `gone`: they are not.
 */
export type Tombstone = {
  readonly erasure: string; readonly type: string; readonly revisions: number; readonly documentBytes: number
  readonly erasedAt: number; readonly erasedBy: string; readonly state: 'clearing' | 'pending' | 'gone'
}
/** Value of `erasure/<state>/<erasure>`: an erasure that is not at its end. `commit`: the last commit with content of the object. */
export type Unfinished = { readonly object: string }

export const TOMBSTONES = below('erased')
const erasedKey = (object: string): string => key('erased', object)

export const findTombstone = (reader: Reader, object: string): Promise<Row<Tombstone> | null> => reader.get<Tombstone>(erasedKey(object))

export const isErased = async (reader: Reader, object: string): Promise<boolean> => (await findTombstone(reader, object)) !== null

/** Puts an erasure into its next state. */
export const putTombstone = (tx: Transaction, object: string, tombstone: Tombstone): void => {
  const { erasure, state } = tombstone
  tx.put(erasedKey(object), tombstone)
  for (const one of ['clearing', 'pending'] as const) {
    if (one === state) tx.put(key('erasure', one, erasure), { object } satisfies Unfinished)
    else tx.delete(key('erasure', one, erasure))
  }
}

/** The first erasures in a state; the row's commit is that of the change into it. */
export const unfinished = (reader: Reader, state: 'clearing' | 'pending', limit: number): Promise<readonly Row<Unfinished>[]> =>
  reader.scan<Unfinished>({ prefix: below('erasure', state), limit })

/** The object of an erasure that waits for the store; null when none of this id does. */
export const pendingObject = async (reader: Reader, erasure: string): Promise<string | null> => (await reader.get<Unfinished>(key('erasure', 'pending', erasure)))?.value.object ?? null
