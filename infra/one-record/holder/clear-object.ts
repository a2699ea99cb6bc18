import { eraseRequest, findRequest, idOf, LISTS } from '../requests/rows.ts'
import { waitsNoMore } from '../requests/share.ts'
import type { RequestType } from '../requests/states.ts'
import { below, key } from '../store/key.ts'
import type { Row, Transaction } from '../store/port.ts'

/** Tables whose rows below an object's id are all about it. */
const TABLES = ['revision', 'event', 'event-created', 'event-occurred', 'document', 'discarded'] as const
/** Requests that quote their object; one for access, which may be to several, only names it. */
const HAVE_CONTENT: ReadonlySet<RequestType> = new Set(['ChangeRequest', 'VerificationRequest'])
/** Rows that one commit takes away; an object of a million events costs several. */
const AT_ONCE = 1_000

export type Cleared = { readonly isWhole: boolean; readonly documentBytes: number }

/**
 * Takes away what the record has about an erased object besides its own row and those of the search: revisions, events, documents, those
 * replaced or taken away too, and changes and verifications of it. `isWhole`: nothing is left. `documentBytes`: of the documents taken away now.
 */
export const clearObject = async (tx: Transaction, object: string): Promise<Cleared> => {
  let left = AT_ONCE
  let documentBytes = 0
  for (const row of await tx.scan({ prefix: LISTS.object(object), limit: left })) {
    const request = (await findRequest(tx, idOf(row.key)))?.value
    if (request?.object === object && HAVE_CONTENT.has(request.type)) {
      eraseRequest(tx, request)
      await waitsNoMore(tx, request, { isHolder: true })
    }
    tx.delete(row.key)
    left -= 1
  }
  for (const table of TABLES) {
    if (left === 0) return { isWhole: false, documentBytes }
    for (const row of await tx.scan({ prefix: below(table, object), limit: left })) {
      if (table === 'document' || table === 'discarded') documentBytes += bytesOf(row)
      tx.delete(row.key)
      left -= 1
    }
  }
  for (const table of ['events', 'imported']) tx.delete(key(table, object))
  return { isWhole: left > 0, documentBytes }
}

const bytesOf = ({ value }: Row): number => (value as { readonly bytes: number }).bytes
