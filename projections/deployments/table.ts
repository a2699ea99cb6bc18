import type { ColumnType, JSONColumnType } from 'kysely'
import type { Plan, Settings } from '../../events/deployment/settings.ts'
import type { Deployment } from '../../events/deployment/state.ts'
import type { Status } from '../../events/states.ts'
import { table } from '../../infra/projector/projection.ts'

type Time = ColumnType<Date, string, string>
type Count = ColumnType<string, number, number>

/** One deployment as lists show it. Its columns agree with `evolve` and `statusOf`; deleted ones are kept. */
export type DeploymentRow = {
  readonly id: string
  readonly name: string
  readonly owner: string
  readonly status: Status
  readonly wanted: Deployment['wanted']
  readonly plan: Plan
  readonly settings: JSONColumnType<Settings>
  readonly stop_reason: string | null
  /** The current claim, and the node that holds its slot; null while there is none. */
  readonly claim_id: string | null
  readonly node: string | null
  /** Wakes and requests of all its claims; requests up to the newest sleep. */
  readonly wakes: Count
  readonly requests: Count
  readonly created_at: Time
  readonly changed_at: Time
  /** Revision of the deployment's own stream: the ETag. */
  readonly revision: number
  /** Position of the newest event that touched the row. */
  readonly position: ColumnType<string, string, string>
}
/** The name once more, for the search. */
export type DeploymentNameRow = { readonly id: string; readonly name: string }
export type DeploymentTables = { readonly deployments: DeploymentRow; readonly deployment_names: DeploymentNameRow }

export const deploymentTables = {
  deployments: table<DeploymentRow>(
    `id text primary key,
     name text not null,
     owner text not null,
     status text not null,
     wanted text not null,
     plan text not null,
     settings jsonb not null,
     stop_reason text,
     claim_id text,
     node text,
     wakes bigint not null default 0,
     requests bigint not null default 0,
     created_at timestamptz(3) not null,
     changed_at timestamptz(3) not null,
     revision integer not null,
     position bigint not null`,
    [
      // each list is a walk along one of these in the order it is shown in; queries.int.test.ts holds them to it
      `(created_at desc, id desc) where status <> 'deleted'`,
      `(owner, created_at desc, id desc) where status <> 'deleted'`,
      `(status, created_at desc, id desc)`,
      `(wanted, created_at desc, id desc) where status <> 'deleted'`,
    ],
  ),
  // Apart, because a row above changes at every pause and wake, and each change would be indexed anew: beside it the trigrams
  // halve the rate of a rebuild. Written once for each deployment, so an index that is complete at once costs nothing.
  deployment_names: table<DeploymentNameRow>(
    `id text primary key,
     name text not null`,
    [`using gin (name gin_trgm_ops) with (fastupdate = off)`, `(name text_pattern_ops)`],
  ),
}
