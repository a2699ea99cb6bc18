import type { ColumnType, JSONColumnType } from 'kysely'
import type { PlaygroundEvent } from '../../events/catalogue.ts'
import { table } from '../../infra/projector/projection.ts'

/** One event of a deployment, of its claims or of its name, as its owner may read it. */
export type HistoryRow = {
  readonly deployment_id: string
  readonly position: ColumnType<string, string, string>
  readonly id: string
  readonly type: PlaygroundEvent['type']
  readonly stream: string
  readonly revision: number
  readonly at: ColumnType<Date, string, string>
  readonly actor: string
  readonly claim_id: string | null
  readonly data: JSONColumnType<Record<string, unknown>>
  readonly correlation_id: string
  readonly causation_id: string | null
}
export type HistoryTables = { readonly history: HistoryRow }

export const historyTables = {
  history: table<HistoryRow>(
    // the key is the order in which a history is read
    `deployment_id text not null,
     position bigint not null,
     id text not null,
     type text not null,
     stream text not null,
     revision integer not null,
     at timestamptz(3) not null,
     actor text not null,
     claim_id text,
     data jsonb not null,
     correlation_id text not null,
     causation_id text,
     primary key (deployment_id, position)`,
  ),
}
