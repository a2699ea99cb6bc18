import type { Selectable } from 'kysely'
import { z } from 'zod'
import type { PlaygroundEvent } from '../../events/catalogue.ts'
import { keyOf, limitOf, pageOf, type Page, type PageRequest } from '../page.ts'
import { reading, type ReadModels } from '../read-model.ts'
import type { HistoryRow, HistoryTables } from './table.ts'

/** One event; `position` orders the events of all deployments, `data` holds what is told of it, `at` is RFC 3339. */
export type HistoryEntry = {
  readonly position: string
  readonly id: string
  readonly type: PlaygroundEvent['type']
  readonly at: string
  readonly actor: string
  readonly claimId: string | null
  readonly stream: string
  readonly revision: number
  readonly data: Readonly<Record<string, unknown>>
  readonly correlationId: string
  readonly causationId: string | null
}

/** Everything that happened to a deployment, newest first; nothing for one that is not known (yet). @throws INVALID_FIELD, READ_MODEL_UNAVAILABLE */
export const historyOf = (db: ReadModels, deploymentId: string, page: PageRequest = {}): Promise<Page<HistoryEntry>> =>
  reading(async () => {
    const limit = limitOf(page)
    const before = keyOf(page, z.tuple([z.string().regex(/^[0-9]{1,18}$/)]))
    const rows = await db.withTables<HistoryTables>().selectFrom('history').selectAll().where('deployment_id', '=', deploymentId)
      .$if(before !== null, (query) => query.where('position', '<', before?.[0] ?? '0'))
      .orderBy('position', 'desc').limit(limit + 1).execute()
    return pageOf(rows, limit, show, ({ position }) => [position])
  })

const show = (row: Selectable<HistoryRow>): HistoryEntry => ({
  position: row.position, id: row.id, type: row.type, at: row.at.toISOString(), actor: row.actor, claimId: row.claim_id, stream: row.stream,
  revision: row.revision, data: row.data, correlationId: row.correlation_id, causationId: row.causation_id,
})
