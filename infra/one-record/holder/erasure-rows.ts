import type { Json } from '../store/port.ts'
import { key } from '../store/key.ts'
import type { Reader, Transaction } from '../store/port.ts'

/**
 * Value of `erased/<object>`, which stays for ever in the place of an object whose content was erased: that there was one, and how many
 * revisions it had. Its id is not given again.
 */
export type Tombstone = { readonly type: string; readonly revisions: number; readonly events: number; readonly erasedAt: number; readonly erasedBy: string }

const erasedKey = (object: string): string => key('erased', object)

export const putTombstone = (tx: Transaction, object: string, tombstone: Tombstone): void => tx.put(erasedKey(object), tombstone satisfies Json)

export const findTombstone = async (reader: Reader, object: string): Promise<Tombstone | null> => (await reader.get<Tombstone>(erasedKey(object)))?.value ?? null

export const isErased = async (reader: Reader, object: string): Promise<boolean> => (await reader.get(erasedKey(object))) !== null
