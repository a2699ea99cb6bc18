import { createHash } from 'node:crypto'
import { tooMany } from '../access/refusals.ts'
import { giveBack, STRANGERS, strangersParts, take } from '../access/shares.ts'
import { below, key, partsOf } from '../store/key.ts'
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
  /** The holder did not know its sender when it came. */
  readonly isStrangers?: true
}

/** Notifications of known agents that the inbox holds; the oldest go when more come. Those of others (access/shares.ts) have their place beside them. */
export const MOST_RECEIVED = 10_000
/** So many go at most with one that comes: more than came, so that a smaller inbox is reached by and by. */
const TRIMMED_AT_ONCE = 5

export const INBOX = below('inbox')
const rowKey = (id: string): string => key('inbox', id)
const readKey = (id: string): string => key('inbox-strangers-read', id)
const STRANGERS_READ = below('inbox-strangers-read')
/** Rows that count those of known agents, and of others. */
const TOTAL = key('inbox-total')
const STRANGERS_TOTAL = key('inbox-strangers')
/** When a stranger may try again, seconds: room comes when the holder reads. */
const ROOM_AFTER = 600

export const received = (reader: Reader, id: string): Promise<Row<Received> | null> => reader.get<Received>(rowKey(id))

/** How a notification is known again: by its sender's Idempotency-Key, or by what it says. */
export type Mark = { readonly sender: string; readonly by: 'key' | 'content'; readonly text: string }

const seenKey = ({ sender, by, text }: Mark): string => key('inbox-seen', sender, by, createHash('sha256').update(text).digest('hex'))

/** Who sent a notification, and whether the holder knows it (access/known.ts). */
export type Sender = { readonly uri: string; readonly isKnown: boolean }

/**
 * Puts a notification into the inbox; false when it is there already. Under a key of its sender it is the same for as long as the
 * inbox holds it. Without one the same words are the same notification only until they were read: two changes of one property are told
 * in the same words, and who has not read the first loses nothing by it (docs/decisions/0031). @param keep keeps its document
 * @throws ApiError 429 when of agents that the holder does not know too many wait unread
 */
export const deposit = async (tx: Transaction, notification: Notification, keep: () => Place, mark: Mark | null, sender: Sender): Promise<boolean> => {
  const seen = mark && seenKey(mark)
  const before = seen ? await tx.get<string>(seen) : null
  const former = before ? await received(tx, before.value) : null
  if (former && (mark?.by === 'key' || !former.value.isRead)) return false
  const at = tx.at.getTime()
  const { changed: _, ...said } = notification
  const row: Received = { ...shortened(said), id: sortableId(at), sender: sender.uri, receivedAt: at, isRead: false, seen, ...(sender.isKnown ? {} : { isStrangers: true }) }
  await (sender.isKnown ? countKnown(tx) : countStrangers(tx, sender.uri))
  tx.put(rowKey(row.id), row, keep())
  if (seen) tx.put(seen, row.id)
  return true
}

/** One more of an agent that the holder knows: the oldest go, whoever sent them. */
const countKnown = async (tx: Transaction): Promise<void> => {
  const total = await add(tx, TOTAL, 1)
  if (total <= MOST_RECEIVED) return
  for (const { value } of await tx.scan<Received>({ prefix: INBOX, limit: Math.min(total - MOST_RECEIVED, TRIMMED_AT_ONCE) })) await remove(tx, value)
}

/** One more of an agent that the holder does not know: there is room for it beside the others, or one of its like that was read goes. */
const countStrangers = async (tx: Transaction, uri: string): Promise<void> => {
  const full = await take(tx, 'notifications', strangersParts('notifications', uri))
  if (full) throw tooMany(`${full.most} notifications of ${full.name === 'all' ? 'agents' : 'your server, whose agents'} the holder does not know are unread, as many as may be.`, ROOM_AFTER)
  if ((await add(tx, STRANGERS_TOTAL, 1)) <= STRANGERS.notifications.all) return
  const [oldest] = await tx.scan({ prefix: STRANGERS_READ, limit: 1 })
  const row = oldest ? await received(tx, partsOf(oldest.key)[0] ?? '') : null
  if (row) await remove(tx, row.value)
}

const remove = async (tx: Transaction, { id, seen, sender, isRead, isStrangers }: Received): Promise<void> => {
  tx.delete(rowKey(id))
  if (seen && (await tx.get<string>(seen))?.value === id) tx.delete(seen)
  await add(tx, isStrangers ? STRANGERS_TOTAL : TOTAL, -1)
  if (isStrangers && isRead) tx.delete(readKey(id))
  else if (isStrangers) await giveBack(tx, 'notifications', strangersParts('notifications', sender))
}

const add = async (tx: Transaction, total: string, by: 1 | -1): Promise<number> => {
  const sum = ((await tx.get<number>(total))?.value ?? 0) + by
  tx.put(total, sum)
  return sum
}

/** Longest IRI in a row, characters; the whole is in the document. */
const LONGEST = 200
const shortened = <T extends Readonly<Record<string, string | null>>>(said: T): T =>
  Object.fromEntries(Object.entries(said).map(([name, text]) => [name, text === null ? null : text.slice(0, LONGEST)])) as T

/** Marks one as read, or as not. False when there is none of this id. */
export const markRead = async (tx: Transaction, id: string, isRead: boolean): Promise<boolean> => {
  const row = await received(tx, id)
  if (row && row.value.isRead !== isRead) {
    tx.put(row.key, { ...row.value, isRead }, row.place)
    if (row.value.isStrangers) await moveStrangers(tx, row.value, isRead)
  }
  return row !== null
}

const moveStrangers = async (tx: Transaction, { id, sender }: Received, isRead: boolean): Promise<void> => {
  const parts = strangersParts('notifications', sender)
  if (isRead) {
    tx.put(readKey(id), null)
    return giveBack(tx, 'notifications', parts)
  }
  tx.delete(readKey(id))
  // the holder's doing, so there is always room
  await take(tx, 'notifications', parts.map((part) => ({ ...part, most: Number.POSITIVE_INFINITY })))
}
