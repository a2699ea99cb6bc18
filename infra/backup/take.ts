import type { NatsConnection } from '@nats-io/transport-node'
import type { Config } from '../config.ts'
import type { Root } from '../credentials/root.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { BUCKET, STREAM } from '../nats/subjects.ts'
import { writeWhole, type BackupFile } from './files.ts'
import { FORMAT, MANIFEST, type Manifest } from './manifest.ts'
import { takeMessages } from './messages.ts'
import { isSettled, takePositions, type Position } from './positions.ts'
import { size, type Progress } from './progress.ts'
import { takeRecords } from './records.ts'
import { fingerprint, takeSecrets } from './secrets.ts'
import { takeSnapshot } from './snapshot.ts'

export type Source = { readonly connection: NatsConnection; readonly root: Root; readonly config: Config; readonly release: string; readonly address: string }

/** Groups of these have a place to go on at. Of TIMERS it says what came due and was done. */
const WITH_GROUPS: readonly string[] = [STREAM.events, STREAM.advisories, STREAM.timers]
export const POSITIONS = 'positions.json'

const kv = (bucket: string): string => `KV_${bucket}`
/** What keeps the newest message of a subject; in the order in which it is taken. Other buckets are in memory. */
export const LATEST: readonly string[] = [kv(BUCKET.overflow), kv(BUCKET.deliveries), kv(BUCKET.functions)]
/** What only grows, or lets go what is done; in the order in which it is taken. */
export const GROWING: readonly string[] = [STREAM.async, STREAM.asyncParked, STREAM.events, STREAM.parked, STREAM.advisories]

/**
 * Takes a running playground into an empty folder, the manifest last. The order is what makes it consistent, since nothing stands
 * still: what says that something was done is taken before the things done. Records before events, so that no record knows of a
 * claim that the events do not know (its epoch would lock the next one out). Groups' positions, then what they overflowed, then
 * the queue, then events, then letters and timers, which events speak of.
 */
export const takeBackup = async ({ connection, root, config, release, address }: Source, folder: string, secrets: boolean, progress: Progress): Promise<Manifest> => {
  const startedAt = new Date().toISOString()
  const files: BackupFile[] = []
  const records = await takeRecords(root, folder, (count, objects, bytes) => progress.at(`records: ${count} with ${objects} objects, ${size(bytes)}`))
  files.push(records.file)
  progress.say(`records: ${records.records} with ${records.objects} objects, ${size(records.file.bytes)}`)

  const positions = await takePositions(connection, WITH_GROUPS)
  files.push(await writeWhole(folder, POSITIONS, `${JSON.stringify(positions)}\n`))
  const latest = async (stream: string, wanted: (subject: string, sequence: number) => boolean = () => true) => {
    const { file, count } = await takeMessages(connection, stream, folder, ({ subject, seq }) => wanted(subject, seq))
    files.push(file)
    progress.say(`${stream}: ${count} messages`)
  }
  for (const stream of LATEST) await latest(stream)

  let position = 0
  for (const stream of GROWING) {
    const { files: made, head } = await takeSnapshot(connection, stream, folder, (bytes) => progress.at(`${stream}: ${size(bytes)}`))
    files.push(...made)
    if (stream === STREAM.events) position = head.state.last_seq
    progress.say(`${stream}: ${head.state.messages} messages`)
  }
  await latest(STREAM.timers, (subject, sequence) => !isDone(positions, subject, sequence))

  if (secrets) files.push(await takeSecrets(config, folder))
  const store = await (await jetStreamEventStore({ nc: connection })).identity()
  const manifest: Manifest = {
    format: FORMAT, release, startedAt, endedAt: new Date().toISOString(), store, position,
    records: records.records, objects: records.objects, address, signingKey: fingerprint(config), files,
  }
  await writeWhole(folder, MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

/** A timer that came due and was handled: it is kept for a month, and there are many. */
const isDone = (positions: readonly Position[], subject: string, sequence: number): boolean => isSettled(positions, { stream: STREAM.timers, subject, sequence })
