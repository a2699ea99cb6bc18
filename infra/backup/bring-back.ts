import { randomUUID } from 'node:crypto'
import type { NatsConnection } from '@nats-io/transport-node'
import { lost } from '../../events/node/decide.ts'
import type { NodeEvent } from '../../events/node/events.ts'
import { evolve } from '../../events/node/state.ts'
import type { RecordedEvent } from '../../events/envelope.ts'
import { caused } from '../aggregates/append.ts'
import { ensureBucket } from '../credentials/bucket.ts'
import type { Root } from '../credentials/root.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import type { EventStore } from '../event-store/port.ts'
import { logger } from '../log.ts'
import { ensureStreams, IDENTITY } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import type { Manifest } from './manifest.ts'
import { bringBackMessages } from './messages.ts'
import { bringBackPositions, readPositions } from './positions.ts'
import { size, type Progress } from './progress.ts'
import { bringBackRecords } from './records.ts'
import { bringBackStream } from './snapshot.ts'
import { GROWING, LATEST, POSITIONS } from './take.ts'

export type Target = { readonly connection: NatsConnection; readonly root: Root; readonly replicas: number }

/**
 * Brings a verified backup back into an empty broker and object store. The event store gets a new identity: read models of any
 * other history are thrown away and built anew, whatever their database holds.
 */
export const bringBack = async ({ connection, root, replicas }: Target, folder: string, { objects: all, endedAt }: Manifest, progress: Progress): Promise<void> => {
  for (const stream of GROWING) {
    const metadata: Record<string, string> = stream === STREAM.events ? { [IDENTITY]: randomUUID() } : {}
    await bringBackStream(connection, stream, folder, { replicas, metadata }, (bytes) => progress.at(`${stream}: ${size(bytes)}`))
    progress.say(`${stream}: back`)
  }
  await ensureStreams(connection, { replicas })
  for (const stream of [...LATEST, STREAM.timers]) progress.say(`${stream}: ${await bringBackMessages(connection, stream, folder)} messages back`)
  // of TIMERS everything that is there was left to do
  await bringBackPositions(connection, readPositions(folder, POSITIONS).filter(({ stream }) => stream !== STREAM.timers))

  const store = await jetStreamEventStore({ nc: connection, replicas })
  await tellOfNodes(store, endedAt)
  await ensureBucket(root, logger('restore', 'warn'))
  const objects = await bringBackRecords(root, folder, (id) => isErased(store, id), (done, bytes) => progress.at(`records: ${done} of ${all} objects, ${size(bytes)}`))
  progress.say(`records: ${objects} objects back${objects < all ? `; ${all - objects} are of records that were erased while the backup was made` : ''}`)
}

/**
 * No slot of any node outlives a restore: what ran and what was paused is lost with its node, and heals as after any loss (0016), also
 * where the nodes are now fewer, or are called otherwise. A node that is there again says so.
 */
const tellOfNodes = async (store: EventStore, lastSeenAt: string): Promise<void> => {
  const newest: RecordedEvent<NodeEvent>[] = []
  for await (const event of store.readAll({ categories: ['node'], which: 'latest', unreadable: () => {} })) newest.push(event as RecordedEvent<NodeEvent>)
  const at = new Date().toISOString()
  for (const event of newest) {
    const events = caused(lost({ at, lastSeenAt }, evolve(null, event)), `restore ${event.id}`, { correlationId: `restore ${at}`, actor: 'operator' })
    if (events.length > 0) await store.append(event.stream, events, event.revision)
  }
}

/** Its deployment was deleted and its objects with it, after they were copied. */
const isErased = async (store: EventStore, deploymentId: string): Promise<boolean> => (await store.last(`deployment.${deploymentId}`))?.type === 'RecordErased'
