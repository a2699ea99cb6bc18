import type { QueryCreator } from 'kysely'
import type { SubscriptionEvent, Terms } from '../../events/subscription/events.ts'
import { projection, type EventOf } from '../../infra/projector/projection.ts'
import { subscriptionTables, type SubscriptionTables } from './table.ts'

type Db = QueryCreator<SubscriptionTables>

/** An event of a subscription that is there. */
const change = ({ data, revision, position }: EventOf<SubscriptionEvent['type']>, db: Db) =>
  db.updateTable('subscriptions').set({ changed_at: data.at, revision, position }).where('id', '=', data.subscriptionId)

const termsOf = ({ url, topics, types, description, secretVersion }: Terms & { readonly secretVersion: number }) =>
  ({ url, topics: JSON.stringify(topics), types: types && JSON.stringify(types), description, secret_version: secretVersion })

export const subscriptions = projection<SubscriptionTables>('subscriptions', 1, {
  SubscriptionCreated: ({ data, revision, position }, db) =>
    db.insertInto('subscriptions').values({
      id: data.subscriptionId, owner: data.owner, ...termsOf(data), begins: data.from, status: 'active', pause_reason: null, created_at: data.at, changed_at: data.at, revision, position,
    }).onConflict((again) => again.column('id').doUpdateSet({ revision, position })),
  SubscriptionChanged: (event, db) => change(event, db).set(termsOf(event.data)),
  SubscriptionPaused: (event, db) => change(event, db).set({ status: 'paused', pause_reason: event.data.reason }),
  SubscriptionResumed: (event, db) => change(event, db).set({ status: 'active', pause_reason: null }),
  SubscriptionDeleted: (event, db) => change(event, db).set({ status: 'deleted', pause_reason: null }),
}, subscriptionTables)
