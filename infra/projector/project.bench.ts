import { DeliverPolicy, jetstream } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { sql } from 'kysely'
import type pg from 'pg'
import type { InstanceEvent, Instance } from '../../events/instance/events.ts'
import { history } from '../../projections/history/project.ts'
import { interleave } from '../bench/interleave.ts'
import { rateRow, type Bench } from '../bench/row.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import type { EventStore } from '../event-store/port.ts'
import { connectNats } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { HEADER, wireBody, wireHeaders } from '../nats/wire.ts'
import { startNats } from '../testing/servers.ts'
import { requestBuild } from './checkpoint.ts'
import { catchUp } from './session.ts'
import { startDatabase, type TestDatabase } from './testing.ts'

const ROUNDS = 3
const IN_FLIGHT = 2_000
const BATCH = 1_000
const CYCLE = 1_000

const AT = '2026-01-01T00:00:00.000Z'
const instanceOf = (claimId: string, status: Instance['status']): Instance => ({
  claimId, deploymentId: claimId.split('-')[0] ?? '', name: `name-${claimId}`, epoch: 1, plan: 'small',
  settings: { pauseAfterSeconds: 60, hibernateAfterSeconds: 900, maxBodyBytes: 1_048_576 },
  status, since: AT, node: 'node-1', slot: `slot-${claimId}`, address: '10.0.0.1:20001', startedAt: AT, wakes: 7, requests: 900,
})
/** What a playground's stream is made of: claims that sleep and wake. */
const eventOf = (index: number): InstanceEvent => {
  const claimId = `d${index % CYCLE}-1`
  const base = { deploymentId: `d${index % CYCLE}`, claimId, at: AT }
  return Math.floor(index / CYCLE) % 2 === 0
    ? { type: 'InstancePaused', data: { ...base, awakeMs: 61_000, requests: 12, instance: instanceOf(claimId, 'paused') } }
    : { type: 'InstanceResumed', data: { ...base, reason: 'hit', wakeMs: 3.25, instance: instanceOf(claimId, 'running') } }
}

/** As the store writes them, published many at once: no writer of one event at a time makes a million in good time. */
const seed = async (nc: NatsConnection, count: number, progress: (text: string) => void): Promise<void> => {
  const js = jetstream(nc)
  for (let from = 0; from < count; from += IN_FLIGHT) {
    await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, count - from) }, async (_, offset) => {
      const index = from + offset
      const message = { ...eventOf(index), id: `event-${index}`, version: 1, revision: Math.floor(index / CYCLE), metadata: { correlationId: `c-${index}`, actor: 'function:idle' } }
      const fields = headers()
      for (const [name, value] of wireHeaders(message)) fields.set(name, value)
      await js.publish(`events.instance.d${index % CYCLE}-1`, wireBody(message), { headers: fields })
    }))
    if (from > 0 && from % 100_000 === 0) progress(`${from} of ${count} events written`)
  }
}

type Ground = { readonly nc: NatsConnection; readonly store: EventStore; readonly database: TestDatabase; readonly count: number }

/** Events a second of building the read model anew, beside the one that is shown. */
const rebuilt = async ({ store, database, count }: Ground): Promise<number> => {
  await requestBuild(database.db, history)
  const began = performance.now()
  await catchUp({ store, postgres: database.postgres, projection: history, which: 'next' })
  return count / ((performance.now() - began) / 1_000)
}

/**
 * The same rows by hand: read, taken apart, written in batches by one statement each while the next is read, into a table of the
 * same making. Nothing is checked, and nothing filtered: there is nothing in the stream but these.
 */
const byHand = async ({ nc, database, count }: Ground): Promise<number> => {
  const client = await database.postgres.dedicated('by_hand')
  await client.query('drop schema if exists by_hand cascade')
  await client.query('create schema by_hand')
  await client.query(`create table history (${history.tables['history']?.columns ?? ''})`)
  const began = performance.now()
  const consumer = await jetstream(nc).consumers.get(STREAM.events, { deliver_policy: DeliverPolicy.All })
  const messages = await consumer.consume({ max_messages: BATCH })
  let rows: Row[] = []
  let writing: Promise<unknown> = Promise.resolve()
  for await (const message of messages) {
    rows.push(rowOf(message.subject, message.seq, message.headers?.get(HEADER.metadata) ?? '', (name) => message.headers?.get(name) ?? '', message.json<Data>()))
    if (rows.length === BATCH || message.info.pending === 0) {
      await writing
      writing = insert(client, rows)
      rows = []
    }
    if (message.info.pending === 0) break
  }
  await writing
  const rate = count / ((performance.now() - began) / 1_000)
  await consumer.delete()
  await client.end()
  return rate
}

type Data = { readonly deploymentId: string; readonly claimId: string; readonly at: string; readonly instance: Instance } & Readonly<Record<string, unknown>>
type Row = readonly (string | number | null)[]
const COLUMNS = 'deployment_id, position, id, type, stream, revision, at, actor, claim_id, data, correlation_id, causation_id'
const TYPES = ['text', 'bigint', 'text', 'text', 'text', 'integer', 'timestamptz', 'text', 'text', 'jsonb', 'text', 'text']

const rowOf = (subject: string, sequence: number, metadata: string, header: (name: string) => string, { deploymentId, claimId, at, instance, ...own }: Data): Row => {
  const { actor, correlationId, causationId = null } = JSON.parse(metadata) as { actor: string; correlationId: string; causationId?: string }
  const { status, epoch, node, wakes } = instance
  const data = JSON.stringify({ ...own, status, epoch, node, wakes })
  return [deploymentId, sequence, header(HEADER.id), header(HEADER.type), subject.slice('events.'.length), Number(header(HEADER.revision)), at, actor, claimId, data, correlationId, causationId]
}

const insert = (client: pg.Client, rows: readonly Row[]): Promise<unknown> => client.query({
  name: 'insert', text: `insert into history (${COLUMNS}) select * from unnest(${TYPES.map((type, index) => `$${index + 1}::${type}[]`).join(', ')})`,
  values: TYPES.map((_, column) => rows.map((row) => row[column])),
})

/** Both have written the same. @throws Error when they did not */
const compare = async ({ database }: Ground): Promise<void> => {
  const { rows } = await sql<{ n: string }>`select count(*) as n from ((table history except table by_hand.history) union all (table by_hand.history except table history)) as different`.execute(database.db)
  if (rows[0]?.n !== '0') throw new Error(`${rows[0]?.n} rows differ`)
}

export const project: Bench = {
  name: 'project',
  about: 'events/s of a rebuild of the history read model | reading the stream and writing the same rows in batches by hand',
  run: async (progress, { events: count }) => {
    const [database, nats] = await Promise.all([startDatabase(), startNats({ syncAlways: false })])
    const nc = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'bench')
    try {
      await ensureStreams(nc)
      const store = await jetStreamEventStore({ nc })
      const ground: Ground = { nc, store, database, count }
      await catchUp({ store, postgres: database.postgres, projection: history })
      await seed(nc, count, progress)
      const samples = await interleave({ rounds: ROUNDS, warmUp: 0, ours: () => rebuilt(ground), floor: () => byHand(ground) })
      if (count <= 200_000) await compare(ground)
      return [rateRow({ name: 'project', ...samples, least: 0.8 })]
    } finally {
      await nc.close()
      await Promise.all([database.stop(), nats.stop()])
    }
  },
}
