import { createHash } from 'node:crypto'
import { below, key } from '../store/key.ts'
import type { Json, Reader, Transaction } from '../store/port.ts'
import { sameness, type Subscription } from './subscription.ts'

/** An active subscription. `id`: of its action request. */
export type Active = Subscription & { readonly id: string }

/** Active subscriptions of one topic; a change of an object owes at most so many notifications for each topic it is in. */
export const MOST_OF_TOPIC = 200

const rowKey = (id: string): string => key('subscription', id)
const topicKey = ({ topic: { iri } }: Subscription, id: string): string => key('subscription-of', iri, id)
/** Of each requestor by itself: what others ask for in a subscriber's name does not keep it from asking, and tells them nothing of what it asked for. */
const sameKey = (subscription: Subscription, requestedBy: string): string => key('subscription-same', createHash('sha256').update(JSON.stringify([requestedBy, sameness(subscription)])).digest('hex'))

/** By id of their request; among them some that have expired. */
export const SUBSCRIPTIONS = below('subscription')

export const hasEnded = ({ expiresAt }: Subscription, now: number): boolean => expiresAt !== null && expiresAt <= now

/** Null when it was never accepted, was revoked, or has expired. @param now milliseconds */
export const activeSubscription = async (reader: Reader, id: string, now: number): Promise<Active | null> => {
  const row = await reader.get<Active>(rowKey(id))
  return row && !hasEnded(row.value, now) ? row.value : null
}

/** False when nobody is subscribed to anything: most records, at the cost of one read. */
export const anySubscriptions = async (reader: Reader): Promise<boolean> => (await reader.scan({ prefix: below('subscription-of'), limit: 1 })).length > 0

/** Those of a topic that have not expired; the rows of those that have are put away. */
export const subscriptionsOf = async (tx: Transaction, topic: string): Promise<readonly Active[]> => {
  const now = tx.at.getTime()
  const rows = await tx.scan<Active>({ prefix: below('subscription-of', topic), limit: MOST_OF_TOPIC })
  for (const { value } of rows) if (hasEnded(value, now)) putAway(tx, value)
  return rows.map(({ value }) => value).filter((each) => !hasEnded(each, now))
}

export const putActive = (tx: Transaction, active: Active): void => {
  tx.put(rowKey(active.id), active satisfies Json)
  tx.put(topicKey(active, active.id), active)
}

/** Once it is revoked; nothing when it was not active. */
export const removeActive = async (tx: Transaction, id: string): Promise<void> => {
  const row = await tx.get<Active>(rowKey(id))
  if (row) putAway(tx, row.value)
}

const putAway = (tx: Transaction, active: Active): void => {
  tx.delete(rowKey(active.id))
  tx.delete(topicKey(active, active.id))
}

/** Id of the request by which this requestor asked for the same last; null when there was none, or what it asked for has expired. Its status is not known here. */
export const sameRequest = async (reader: Reader, subscription: Subscription, requestedBy: string, now: number): Promise<string | null> => {
  const row = await reader.get<Same>(sameKey(subscription, requestedBy))
  return row && (row.value.expiresAt === null || row.value.expiresAt > now) ? row.value.id : null
}
export const putSame = (tx: Transaction, subscription: Subscription, requestedBy: string, id: string): void => tx.put(sameKey(subscription, requestedBy), { id, expiresAt: subscription.expiresAt } satisfies Same)
type Same = { readonly id: string; readonly expiresAt: number | null }
