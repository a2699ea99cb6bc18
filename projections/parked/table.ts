import type { ColumnType } from 'kysely'
import type { LetterState } from '../../events/parked/state.ts'
import { table } from '../../infra/projector/projection.ts'

type Time = ColumnType<Date, string, string>

/** One dead letter as lists show it; its payload stays in the stream PARKED. Columns agree with `evolve`. */
export type LetterRow = {
  readonly id: string
  /** Who gave it up: `group` is a word of SQL. */
  readonly group_name: string
  readonly stream: string
  readonly subject: string
  readonly sequence: ColumnType<string, number, number>
  readonly event_id: string | null
  readonly event_type: string | null
  readonly deployment_id: string | null
  readonly state: LetterState
  readonly reason: string
  readonly attempts: number
  readonly redrives: number
  readonly note: string | null
  readonly parked_at: Time
  readonly changed_at: Time
  /** What a search looks through: subject, id of the event and reason, in lower case. */
  readonly search: string
  /** Revision of the newest event of its stream. */
  readonly revision: number
  readonly position: ColumnType<string, string, string>
}
export type LetterTables = { readonly parked_letters: LetterRow }

export const letterTables = {
  parked_letters: table<LetterRow>(
    `id text primary key,
     group_name text not null,
     stream text not null,
     subject text not null,
     sequence bigint not null,
     event_id text,
     event_type text,
     deployment_id text,
     state text not null,
     reason text not null,
     attempts integer not null,
     redrives integer not null default 0,
     note text,
     parked_at timestamptz(3) not null,
     changed_at timestamptz(3) not null,
     search text not null,
     revision integer not null,
     position bigint not null`,
    [
      // each list is a walk along one of these in the order it is shown in; queries.int.test.ts holds them to it
      `(parked_at desc, id desc)`,
      `(state, parked_at desc, id desc)`,
      `(group_name, state, parked_at desc, id desc)`,
      `(event_type, state, parked_at desc, id desc)`,
      `(deployment_id, parked_at desc, id desc) where deployment_id is not null`,
      `using gin (search gin_trgm_ops)`,
    ],
  ),
}
