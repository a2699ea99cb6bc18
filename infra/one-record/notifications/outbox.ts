import type { Permission } from '../access/port.ts'
import { below, key } from '../store/key.ts'
import type { Place, Reader, Row, Transaction } from '../store/port.ts'
import type { Notification } from './notification.ts'
import { backoff, GIVEN_UP_AFTER_MS } from './retry.ts'
import { sortableId } from './sortable-id.ts'

/** One notification that is owed to one agent; what it says is the row's body, which all that are owed the same share. */
export type Owed = {
  /** Stable: the `Idempotency-Key` of every attempt. */
  readonly id: string
  readonly agent: string
  readonly eventType: string
  /** Local id of the logistics object; null when it is about none of this server. */
  readonly object: string | null
  /** Local id of the subscription's request: it must still hold when this is sent. Null: owed without one. */
  readonly subscription: string | null
  /** What the agent must be permitted to do with the object when this is sent. */
  readonly needs: Permission | null
  readonly sendBody: boolean
  /** Since when it is owed, milliseconds. */
  readonly at: number
}

/** What waits for one agent: notifications in order, of which the first is tried next. `failures`: in a row. */
export type Lane = { readonly agent: string; readonly failures: number; readonly dueAt: number; readonly reason: string | null }

/** A notification that is not tried any more. */
export type DeadLetter = Owed & { readonly reason: string; readonly diedAt: number }

const owedKey = ({ agent, id }: Pick<Owed, 'agent' | 'id'>): string => key('outbox', agent, id)
const laneKey = (agent: string): string => key('outbox-lane', agent)
const dueKey = ({ dueAt, agent }: Lane): string => key('outbox-due', new Date(dueAt), agent)
const deadKey = (id: string): string => key('dead', id)

export const OUTBOX = below('outbox')
export const DEAD = below('dead')
/** Lanes by when they are due. */
export const DUE = below('outbox-due')
/** Prefix of what is owed to one agent, oldest first. */
export const owedTo = (agent: string): string => below('outbox', agent)

export const laneOf = async (reader: Reader, agent: string): Promise<Lane | null> => (await reader.get<Lane>(laneKey(agent)))?.value ?? null
export const deadLetter = (reader: Reader, id: string): Promise<Row<DeadLetter> | null> => reader.get<DeadLetter>(deadKey(id))

const putLane = (tx: Transaction, before: Lane | null, after: Lane | null): void => {
  if (before) tx.delete(dueKey(before))
  if (after) {
    tx.put(laneKey(after.agent), after)
    tx.put(dueKey(after), after)
  } else if (before) tx.delete(laneKey(before.agent))
}

/** Keeps what a notification says, for all that are owed it. */
export const keepNotification = (tx: Transaction, notification: Notification): Place => tx.keep(Buffer.from(JSON.stringify(notification)))
export const readKept = async (reader: Reader, place: Place | null): Promise<Notification | null> => (place ? JSON.parse((await reader.body(place)).toString()) as Notification : null)

/** Owes an agent a notification, behind all others that it is owed. */
export const owe = async (tx: Transaction, owed: Omit<Owed, 'id' | 'at'>, place: Place): Promise<void> => {
  const at = tx.at.getTime()
  const whole: Owed = { ...owed, id: sortableId(at), at }
  tx.put(owedKey(whole), whole, place)
  if (!(await laneOf(tx, owed.agent))) putLane(tx, null, { agent: owed.agent, failures: 0, dueAt: at, reason: null })
}

/** What became of the first notifications of a lane. `done`: delivered, or not to be sent any more; `failed`: the one that was tried last. */
export type Turn = {
  readonly agent: string
  readonly done: readonly Owed[]
  readonly dead: readonly (Row<Owed> & { readonly reason: string })[]
  readonly failed: { readonly reason: string; readonly afterMs: number } | null
}

/** Notifications that are given up at once when their agent has been away for so long. */
const GIVEN_UP_AT_ONCE = 100

/** Writes down a turn, and when the lane is due again. @param random in [0, 1) */
export const settle = async (tx: Transaction, { agent, done, dead, failed }: Turn, random: number): Promise<void> => {
  const at = tx.at.getTime()
  const lane = await laneOf(tx, agent)
  for (const owed of done) tx.delete(owedKey(owed))
  for (const row of dead) bury(tx, row, row.reason, at)
  if (failed) {
    const waiting = await tx.scan<Owed>({ prefix: owedTo(agent), limit: GIVEN_UP_AT_ONCE })
    for (const row of waiting) if (at - row.value.at >= GIVEN_UP_AFTER_MS) bury(tx, row, failed.reason, at)
  }
  const [next] = await tx.scan<Owed>({ prefix: owedTo(agent), limit: 1 })
  if (!next) return putLane(tx, lane, null)
  const failures = failed ? (lane?.failures ?? 0) + 1 : 0
  const dueAt = failed ? at + backoff(failures, failed.afterMs, random) : at
  putLane(tx, lane, { agent, failures, dueAt, reason: failed?.reason ?? null })
}

const bury = (tx: Transaction, { value, place }: Row<Owed>, reason: string, diedAt: number): void => {
  tx.delete(owedKey(value))
  tx.put(deadKey(value.id), { ...value, reason, diedAt } satisfies DeadLetter, place)
}

/** Owes a dead letter again, under its own id, behind what is owed by now; its lane is due at once. */
export const replay = async (tx: Transaction, { value: { reason: _, diedAt: __, ...owed }, place }: Row<DeadLetter>): Promise<void> => {
  const at = tx.at.getTime()
  tx.delete(deadKey(owed.id))
  tx.put(owedKey(owed), { ...owed, at } satisfies Owed, place)
  const lane = await laneOf(tx, owed.agent)
  putLane(tx, lane, { agent: owed.agent, failures: lane?.failures ?? 0, dueAt: at, reason: lane?.reason ?? null })
}

export const discard = (tx: Transaction, id: string): void => tx.delete(deadKey(id))

/** Makes a lane due now, whatever it waited for. */
export const hurry = async (tx: Transaction, agent: string): Promise<boolean> => {
  const lane = await laneOf(tx, agent)
  if (lane) putLane(tx, lane, { ...lane, dueAt: tx.at.getTime() })
  return lane !== null
}
