import { sql, type Selectable } from 'kysely'
import { z } from 'zod'
import type { Subscription } from '../../events/subscription/state.ts'
import { keyOf, limitOf, momentKey, pageOf, type Page, type PageRequest } from '../page.ts'
import { reading, type ReadModels } from '../read-model.ts'
import type { SubscriptionRow, SubscriptionTables } from './table.ts'

/** A subscription as lists show it; times are RFC 3339 with milliseconds. */
export type SubscriptionSummary = Omit<Subscription, 'subscriptionId' | 'secretSince'> & { readonly id: string }

export type SubscriptionFilter = { /** Deleted ones are listed only when asked for by this. */ readonly status?: Subscription['status'] | undefined }

/** Newest first. @throws INVALID_FIELD (cursor, limit), READ_MODEL_UNAVAILABLE */
export const listSubscriptions = (db: ReadModels, { status }: SubscriptionFilter = {}, page: PageRequest = {}): Promise<Page<SubscriptionSummary>> =>
  reading(async () => {
    const limit = limitOf(page)
    const after = keyOf(page, z.tuple([momentKey, z.string().regex(/^[\w-]{1,64}$/)]))
    const rows = await db.withTables<SubscriptionTables>().selectFrom('subscriptions').selectAll()
      .where(status === undefined ? sql<boolean>`status <> 'deleted'` : (where) => where('status', '=', status))
      .$if(after !== null, (query) => query.where(sql<boolean>`(created_at, id) < (${after?.[0]}, ${after?.[1]})`))
      .orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit + 1).execute()
    return pageOf(rows, limit, show, ({ createdAt, id }) => [createdAt, id])
  })

const show = (row: Selectable<SubscriptionRow>): SubscriptionSummary => ({
  id: row.id, owner: row.owner, url: row.url, topics: [...row.topics], types: row.types && [...row.types], description: row.description, from: row.begins, status: row.status,
  pauseReason: row.pause_reason, secretVersion: row.secret_version, createdAt: row.created_at.toISOString(), changedAt: row.changed_at.toISOString(), revision: row.revision,
})
