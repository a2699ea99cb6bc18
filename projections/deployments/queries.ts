import { sql, type Selectable } from 'kysely'
import { z } from 'zod'
import type { Plan, Settings } from '../../events/deployment/settings.ts'
import type { Deployment } from '../../events/deployment/state.ts'
import { failure } from '../../events/errors.ts'
import type { Status } from '../../events/states.ts'
import { keyOf, limitOf, momentKey, pageOf, type Page, type PageRequest } from '../page.ts'
import { reading, type ReadModels } from '../read-model.ts'
import type { DeploymentRow, DeploymentTables } from './table.ts'

/** A deployment as lists show it; times are RFC 3339 with milliseconds. */
export type DeploymentSummary = {
  readonly id: string
  readonly name: string
  readonly owner: string
  readonly status: Status
  readonly wanted: Deployment['wanted']
  readonly plan: Plan
  readonly settings: Settings
  readonly reason: string | null
  readonly claimId: string | null
  readonly node: string | null
  readonly wakes: number
  readonly requests: number
  readonly createdAt: string
  readonly changedAt: string
  readonly revision: number
}

export type DeploymentFilter = {
  /** Deleted ones are listed only when asked for by this. */
  readonly status?: Status | undefined
  readonly owner?: string | undefined
  readonly wanted?: Deployment['wanted'] | undefined
  /** A part of the name; shorter than three characters, its beginning. */
  readonly search?: string | undefined
}

const TRIGRAM = 3

/** Newest first. @throws INVALID_FIELD (cursor, limit, search), READ_MODEL_UNAVAILABLE */
export const listDeployments = (db: ReadModels, filter: DeploymentFilter = {}, page: PageRequest = {}): Promise<Page<DeploymentSummary>> =>
  reading(async () => {
    const limit = limitOf(page)
    const after = keyOf(page, z.tuple([momentKey, z.string().regex(/^[\w-]{1,64}$/)]))
    const { status, owner, wanted } = filter
    const search = searchOf(filter)
    const rows = await db.withTables<DeploymentTables>().selectFrom('deployments').selectAll()
      .where(status === undefined ? sql<boolean>`status <> 'deleted'` : (where) => where('status', '=', status))
      .$if(owner !== undefined, (query) => query.where('owner', '=', owner ?? ''))
      .$if(wanted !== undefined, (query) => query.where('wanted', '=', wanted ?? 'running'))
      .$if(search !== undefined, (query) => query.where('id', 'in', (names) => names.selectFrom('deployment_names').select('id').where('deployment_names.name', 'like', search ?? '')))
      .$if(after !== null, (query) => query.where(sql<boolean>`(created_at, id) < (${after?.[0]}, ${after?.[1]})`))
      .orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit + 1).execute()
    return pageOf(rows, limit, show, ({ createdAt, id }) => [createdAt, id])
  })

/** One deployment, deleted or not; null when the read model does not know it (yet). @throws READ_MODEL_UNAVAILABLE */
export const getDeployment = (db: ReadModels, id: string): Promise<DeploymentSummary | null> =>
  reading(async () => {
    const row = await db.withTables<DeploymentTables>().selectFrom('deployments').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? show(row) : null
  })

/** States that end by themselves, as long as nobody who acts on them is gone. */
const UNSETTLED: readonly Status[] = ['requested', 'starting', 'waking', 'upgrading', 'pausing', 'hibernating', 'stopping', 'deleting']

/**
 * Ids of deployments that are in between two states, and of those with a slot on one of `nodes`, awake ones first. Of more than
 * `limit` any: asked again, others come up too. @throws READ_MODEL_UNAVAILABLE
 */
export const unsettledDeployments = (db: ReadModels, { nodes, limit }: { readonly nodes: readonly string[]; readonly limit: number }): Promise<readonly string[]> =>
  reading(async () => {
    const rows = await db.withTables<DeploymentTables>().selectFrom('deployments').select('id')
      .where((where) => where.or([where('status', 'in', UNSETTLED), ...(nodes.length > 0 ? [where('node', 'in', nodes)] : [])]))
      .orderBy(sql`status in ('paused', 'hibernating')`).orderBy(sql`random()`).limit(limit).execute()
    return rows.map(({ id }) => id)
  })

/** A pattern that an index knows: trigrams take three characters. A name holds nothing that means something to LIKE. @throws INVALID_FIELD */
const searchOf = ({ search }: DeploymentFilter): string | undefined => {
  if (search === undefined || search === '') return undefined
  if (!/^[a-z0-9-]{1,63}$/i.test(search)) throw failure('INVALID_FIELD', { field: 'search', reason: 'a part of a name is 1 to 63 of a-z, 0-9 and -' })
  return `${search.length < TRIGRAM ? '' : '%'}${search.toLowerCase()}%`
}

const show = (row: Selectable<DeploymentRow>): DeploymentSummary => ({
  id: row.id, name: row.name, owner: row.owner, status: row.status, wanted: row.wanted, plan: row.plan, settings: row.settings,
  reason: row.stop_reason, claimId: row.claim_id, node: row.node, wakes: Number(row.wakes), requests: Number(row.requests),
  createdAt: row.created_at.toISOString(), changedAt: row.changed_at.toISOString(), revision: row.revision,
})
