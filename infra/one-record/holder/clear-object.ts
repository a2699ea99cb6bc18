import { eraseRequest, findRequest, idOf, LISTS } from '../requests/rows.ts'
import { below, key } from '../store/key.ts'
import type { Row, Transaction } from '../store/port.ts'

/** Tables whose rows below an object's id are all about it. */
const TABLES = ['revision', 'event', 'event-created', 'event-occurred', 'document'] as const
/** Rows that one commit takes away; an object of a million events costs several. */
const AT_ONCE = 1_000

export type Cleared = { readonly isWhole: boolean; readonly documentBytes: number }

/**
 * Takes away what the record has about an erased object besides its own row and those of the search: revisions, events, documents, and
 * changes and verifications of it. `isWhole`: nothing is left. `documentBytes`: of the documents taken away now.
 */
export const clearObject = async (tx: Transaction, object: string): Promise<Cleared> => {
  let left = AT_ONCE
  let documentBytes = 0
  for (const row of await tx.scan({ prefix: LISTS.object(object), limit: left })) {
    const request = (await findRequest(tx, idOf(row.key)))?.value
    // what asks for access to several objects has nothing of their content
    if (request?.object === object) eraseRequest(tx, request)
    tx.delete(row.key)
    left -= 1
  }
  for (const table of TABLES) {
    if (left === 0) return { isWhole: false, documentBytes }
    for (const row of await tx.scan({ prefix: below(table, object), limit: left })) {
      if (table === 'document') documentBytes += bytesOf(row)
      tx.delete(row.key)
      left -= 1
    }
  }
  tx.delete(key('events', object))
  return { isWhole: left > 0, documentBytes }
}

const bytesOf = ({ value }: Row): number => (value as { readonly bytes: number }).bytes
