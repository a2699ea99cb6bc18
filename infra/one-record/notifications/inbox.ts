import { createHash } from 'node:crypto'
import { below, key } from '../store/key.ts'
import type { Place, Reader, Row, Transaction } from '../store/port.ts'
import type { Notification } from './notification.ts'
import { sortableId } from './sortable-id.ts'

/** One notification that came, or that this server has for its own holder. Its document is the row's body. */
export type Received = {
  readonly id: string
  /** IRI of who sent it. */
  readonly sender: string
  readonly receivedAt: number
  readonly isRead: boolean
  /** Key of the row by which the same is known again. */
  readonly seen: string | null
  readonly eventType: string
  readonly object: string | null
  readonly objectType: string | null
  readonly event: string | null
  readonly triggeredBy: string | null
}

/** Notifications that the inbox holds; the oldest go when more come. */
export const MOST_RECEIVED = 10_000
/** So many go at most with one that comes: more than came, so that a smaller inbox is reached by and by. */
const TRIMMED_AT_ONCE = 5

export const INBOX = below('inbox')
const rowKey = (id: string): string => key('inbox', id)
const TOTAL = key('inbox-total')

export const received = (reader: Reader, id: string): Promise<Row<Received> | null> => reader.get<Received>(rowKey(id))

/** How a notification is known again: by its sender's Idempotency-Key, or by what it says. */
export type Mark = { readonly sender: string; readonly by: 'key' | 'content'; readonly text: string }

const seenKey = ({ sender, by, text }: Mark): string => key('inbox-seen', sender, by, createHash('sha256').update(text).digest('hex'))

/**
 * Puts a notification into the inbox; false when it is there already. Under a key of its sender it is the same for as long as the
 * inbox holds it. Without one the same words are the same notification only until they were read: two changes of one property are told
 * in the same words, and who has not read the first loses nothing by it (docs/decisions/0031). @param keep keeps its document
 */
export const deposit = async (tx: Transaction, notification: Notification, keep: () => Place, mark: Mark | null, sender: string): Promise<boolean> => {
  const seen = mark && seenKey(mark)
  const before = seen ? await tx.get<string>(seen) : null
  const former = before ? await received(tx, before.value) : null
  if (former && (mark?.by === 'key' || !former.value.isRead)) return false
  const at = tx.at.getTime()
  const { changed: _, ...said } = notification
  const row: Received = { ...shortened(said), id: sortableId(at), sender, receivedAt: at, isRead: false, seen }
  tx.put(rowKey(row.id), row, keep())
  if (seen) tx.put(seen, row.id)
  await count(tx, MOST_RECEIVED)
  return true
}

/** One more is there; the oldest go. */
const count = async (tx: Transaction, most: number): Promise<void> => {
  let total = ((await tx.get<number>(TOTAL))?.value ?? 0) + 1
  if (total > most) {
    for (const { key: oldest, value } of await tx.scan<Received>({ prefix: INBOX, limit: Math.min(total - most, TRIMMED_AT_ONCE) })) {
      tx.delete(oldest)
      if (value.seen && (await tx.get<string>(value.seen))?.value === value.id) tx.delete(value.seen)
      total -= 1
    }
  }
  tx.put(TOTAL, total)
}

/** Longest IRI in a row, characters; the whole is in the document. */
const LONGEST = 200
const shortened = <T extends Readonly<Record<string, string | null>>>(said: T): T =>
  Object.fromEntries(Object.entries(said).map(([name, text]) => [name, text === null ? null : text.slice(0, LONGEST)])) as T

/** Marks one as read, or as not. False when there is none of this id. */
export const markRead = async (tx: Transaction, id: string, isRead: boolean): Promise<boolean> => {
  const row = await received(tx, id)
  if (row && row.value.isRead !== isRead) tx.put(row.key, { ...row.value, isRead }, row.place)
  return row !== null
}
