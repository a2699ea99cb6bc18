import type { RecordedEvent } from '../../events/envelope.ts'
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Statement } from '../postgres/pipeline.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Projection } from './projection.ts'

/** A message that a projection gave up, on its way to the operators. `event` is null when it is none. */
export type Poison = { readonly projection: Projection; readonly position: string; readonly event: RecordedEvent | null; readonly reason: string }

/** Keeps a message that a projection gave up, with its payload and the reason; resolves to the id of the letter. Twice is once. @throws when it could not be stored */
export type Park = (poison: Poison) => Promise<string>

/** Group under which a projection parks. */
export const groupOf = ({ name }: Pick<Projection, 'name'>): string => `projector-${name.replaceAll('_', '-')}`

/** Too many events in a row cannot be applied: that is the release's fault, and its history is not parked. */
export class TooManyPoisons extends Error {
  override readonly name = 'TooManyPoisons'
}

const MOST = 20
const AMONG = 100

/** @throws TooManyPoisons when `MOST` of the last `AMONG` events were parked already */
export const assertFew = async (db: Kysely<unknown>, { name }: Projection, { made, applied }: Pick<Checkpoint, 'made' | 'applied'>, cause: unknown): Promise<void> => {
  const { rows } = await sql<{ count: string }>`select count(*) from projector.parked where made = ${made} and ordinal > ${applied - AMONG}`.execute(db)
  if (Number(rows[0]?.count) < MOST) return
  throw new TooManyPoisons(`${name} could not apply ${MOST} of its last ${AMONG} events; the newest: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
}

/** Whether a message was parked by this making of the tables. */
export const isParked = async (db: Kysely<unknown>, made: string, position: string): Promise<boolean> =>
  (await sql`select from projector.parked where made = ${made} and position = ${position}`.execute(db)).rows.length > 0

/** What operators see beside the letter: this build lacks this message. */
export const parkedRow = (made: string, letter: string, { position, event, reason }: Poison, ordinal: number | null): Statement => ({
  sql: 'insert into projector.parked (made, position, letter, ordinal, event_id, type, stream, reason) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing',
  parameters: [made, position, letter, ordinal === null ? null : String(ordinal), event?.id ?? null, event?.type ?? null, event?.stream ?? null, printable(reason)],
})

/** PostgreSQL keeps no NUL in a text. */
const printable = (text: string): string => text.replaceAll('\0', '').slice(0, 1_000)
