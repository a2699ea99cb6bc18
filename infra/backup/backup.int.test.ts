import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NewEvent } from '../../events/envelope.ts'
import { readConfig } from '../config.ts'
import { ensureBucket } from '../credentials/bucket.ts'
import { writeFence } from '../credentials/fence.ts'
import { all, connectRoot, text, type Root } from '../credentials/root.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import type { EventStore } from '../event-store/port.ts'
import { randomId } from '../ids.ts'
import { logger } from '../log.ts'
import { openBucket } from '../nats/buckets.ts'
import { connectNats } from '../nats/connect.ts'
import { fromStored } from '../nats/direct.ts'
import { consumerGroup } from '../nats/group.ts'
import { park } from '../nats/park.ts'
import { ensureStreams } from '../nats/streams.ts'
import { BUCKET, STREAM, subject } from '../nats/subjects.ts'
import { checkpointKey, commitKey } from '../one-record/commit-key.ts'
import { decodeCommit } from '../one-record/store/commit.ts'
import { key } from '../one-record/store/key.ts'
import { openRecord } from '../one-record/store/record.ts'
import { startMinio, startNats, type MinioServer, type NatsServer } from '../testing/servers.ts'
import { jetStreamTimers } from '../timers/jetstream.ts'
import { bringBack } from './bring-back.ts'
import { readManifest, verify, type Manifest } from './manifest.ts'
import type { Progress } from './progress.ts'
import { takeBackup } from './take.ts'
import { readTar } from './tar.ts'

process.env['LOG_LEVEL'] = 'silent'
const quiet: Progress = { say: () => {}, at: () => {}, end: () => {} }

/** A broker and an object store, as of one machine. */
type Machine = { readonly nats: NatsServer; readonly minio: MinioServer; readonly connection: NatsConnection; readonly root: Root }
const machines: Machine[] = []
let folder: string
let here: Machine
let store: EventStore

const machine = async (): Promise<Machine> => {
  const [nats, minio] = await Promise.all([startNats({ syncAlways: false }), startMinio()])
  const connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'test')
  const root = connectRoot({ endpoint: minio.url, region: 'us-east-1', bucket: 'one-record', user: minio.user, password: minio.password })
  const made = { nats, minio, connection, root }
  machines.push(made)
  return made
}
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-backup-'))
  mkdirSync(join(folder, 'secrets'))
  writeFileSync(join(folder, 'secrets', 'signing-key'), 'a-key')
  here = await machine()
  await Promise.all([ensureStreams(here.connection), ensureBucket(here.root, logger('test'))])
  store = await jetStreamEventStore({ nc: here.connection })
})
afterEach(async () => {
  for (const { connection, nats, minio } of machines.splice(0)) {
    await connection.close()
    await Promise.all([nats.stop(), minio.stop()])
  }
  rmSync(folder, { recursive: true, force: true })
})

const config = () => readConfig({ SECRETS_DIR: join(folder, 'secrets') })
const backup = async (): Promise<Manifest> => {
  const to = join(folder, 'backup')
  mkdirSync(to)
  await takeBackup({ connection: here.connection, root: here.root, config: config(), release: '0', address: 'http://<name>.test' }, to, false, quiet)
  const manifest = readManifest(to)
  await verify(to, manifest, quiet)
  return manifest
}
const restore = async (manifest: Manifest): Promise<Machine & { readonly store: EventStore }> => {
  const there = await machine()
  await bringBack({ ...there, replicas: 1 }, join(folder, 'backup'), manifest, quiet)
  return { ...there, store: await jetStreamEventStore({ nc: there.connection }) }
}

const metadata = { correlationId: 'test', actor: 'test' }
const nodeStarted = (node: string): NewEvent => ({ id: randomId(), type: 'AgentStarted', data: { node, adopted: 0, maxSlots: 1, at: new Date().toISOString() }, metadata })
const slotLost = (node: string): NewEvent => ({ id: randomId(), type: 'SlotLost', data: { node, slot: randomId(), plan: 'small', reason: 'test', logTail: [], at: new Date().toISOString() }, metadata })
const allOf = async (from: EventStore) => {
  const events = []
  for await (const event of from.readAll({})) events.push(event)
  return events
}
/** A group that counts as a function does; resolves to what it heard when it is closed. */
const listen = async (connection: NatsConnection, group: string, from: 'start' | number = 'start') => {
  const heard: number[] = []
  const reading = await consumerGroup(connection, { stream: STREAM.events, group, subjects: ['events.node.*'], from }, async ({ sequence }) => {
    heard.push(sequence)
    return { verdict: 'ack' }
  })
  return { heard, close: () => reading.close() }
}
const sequencesFrom = async (from: number, of: EventStore): Promise<readonly number[]> =>
  (await allOf(of)).filter(({ stream }) => stream.startsWith('node.')).map(({ position }) => Number(position)).filter((position) => position >= from)

describe('events', () => {
  test('come back as they were, under a new identity; then the nodes are told lost', async () => {
    for (const node of ['n1', 'n2']) await store.append(`node.${node}`, [nodeStarted(node)], 'none')
    const before = await allOf(store)
    const there = await restore(await backup())
    const after = await allOf(there.store)
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after.slice(before.length).map(({ type, stream, revision }) => [type, stream, revision])).toEqual([['AgentLost', 'node.n1', 1], ['AgentLost', 'node.n2', 1]])
    expect(await there.store.identity()).not.toBe(await store.identity())
    const { config: settings } = await (await jetstreamManager(there.connection)).streams.info(STREAM.events)
    expect(settings).toMatchObject({ deny_delete: true, deny_purge: true, allow_atomic: true })
  })

  test('are heard by each group from where it was, and none that comes is passed over', async () => {
    await store.append('node.n1', [nodeStarted('n1'), slotLost('n1'), slotLost('n1')], 'none')
    const before = await listen(here.connection, 'reader')
    await expect.poll(() => before.heard).toEqual([1, 2, 3])
    await before.close()
    await (await listen(here.connection, 'late', 5)).close() // one that begins further on, and has heard nothing yet
    await store.append('node.n1', [slotLost('n1'), slotLost('n1')], 2)

    const there = await restore(await backup())
    const groups = [await listen(there.connection, 'reader'), await listen(there.connection, 'late')]
    await there.store.append('node.n1', [nodeStarted('n1')], 'any')
    await expect.poll(() => groups.map(({ heard }) => heard)).toEqual([[4, 5, 6, 7], [5, 6, 7]])
    await Promise.all(groups.map(({ close }) => close()))
  })

  test('taken while they come: no group stands behind the newest of them', async () => {
    const reader = await listen(here.connection, 'reader')
    let writing = true
    const load = (async () => {
      while (writing) await store.append(`node.${randomId()}`, Array.from({ length: 20 }, () => slotLost('n1')), 'none')
    })()
    await expect.poll(() => reader.heard.length).toBeGreaterThan(500)
    const manifest = await backup()
    writing = false
    await load
    await reader.close()

    const there = await restore(manifest)
    const again = await listen(there.connection, 'reader')
    await there.store.append('node.n2', [nodeStarted('n2')], 'none')
    const newest = Number(await there.store.head())
    await expect.poll(() => Math.max(...again.heard), { timeout: 30_000 }).toBe(newest)
    await again.close()
    const began = Math.min(...again.heard)
    expect(again.heard.toSorted((a, b) => a - b)).toEqual(await sequencesFrom(began, there.store))
    expect(began).toBeLessThanOrEqual(manifest.position + 1)
  })
})

test('a stream longer than what the broker sends ahead comes back whole', async () => {
  const bodies = Array.from({ length: 48 }, () => randomBytes(512 * 1024)) // it packs to no less
  for (const body of bodies) await jetstream(here.connection).publish(`parked.g.a.b.${randomId()}`, body)
  const there = await restore(await backup())
  const jsm = await jetstreamManager(there.connection)
  for (const [index, body] of bodies.entries()) {
    const found = await jsm.streams.getMessage(STREAM.parked, { seq: index + 1 })
    expect(found && body.equals(found.data)).toBe(true)
  }
})

test('timers: those to come and those that wait are back, those that were handled are not, and what is overdue comes', async () => {
  const [timers, jsm] = [await jetStreamTimers(here.connection), await jetstreamManager(here.connection)]
  const at = (ms: number) => new Date(Date.now() + ms).toISOString()
  const due = (deploymentId: string) => ({ type: 'RetireDue' as const, data: { deploymentId } })
  const subjects = async (nc: NatsConnection) => {
    const { state } = await (await jetstreamManager(nc)).streams.info(STREAM.timers, { subjects_filter: 'timers.>' })
    return Object.keys(state.subjects ?? {}).toSorted()
  }
  const hear = async (nc: NatsConnection, key: string) => {
    const heard: string[] = []
    const group = await consumerGroup(nc, { stream: STREAM.timers, group: `of-${key}`, subjects: [`timers.due.${key}.>`] }, async (message) => {
      heard.push(message.subject)
      return { verdict: 'ack' }
    })
    return { heard, close: () => group.close() }
  }
  const handled = await hear(here.connection, 'handled')
  await timers.schedule('handled.a', at(0), due('a'), metadata)
  await timers.schedule('waiting.b', at(0), due('b'), metadata)
  await timers.schedule('later.c', at(3_600_000), due('c'), metadata)
  await timers.schedule('overdue.d', at(2_000), due('d'), metadata)
  await expect.poll(() => handled.heard).toEqual(['timers.due.handled.a'])
  await handled.close()
  await expect.poll(async () => (await jsm.consumers.info(STREAM.timers, 'of-handled')).ack_floor.stream_seq).toBeGreaterThan(0)

  const manifest = await backup()
  await expect.poll(() => subjects(here.connection), { timeout: 10_000 }).toContain('timers.due.overdue.d') // by now it is
  const { connection } = await restore(manifest)
  await expect.poll(() => subjects(connection), { timeout: 10_000 }).toEqual(['timers.due.overdue.d', 'timers.due.waiting.b', 'timers.schedule.later.c'])
  const waiting = await hear(connection, 'waiting')
  await expect.poll(() => waiting.heard).toEqual(['timers.due.waiting.b'])
  await waiting.close()
})

test('dead letters are back with their payload, and stay the same letters; so are calls in the queue, and what was noted and deployed', async () => {
  await store.append('node.n1', [nodeStarted('n1')], 'none')
  const read = async (nc: NatsConnection, stream: string, query: { seq: number }) => {
    const found = await (await jetstreamManager(nc)).streams.getMessage(stream, query)
    return found && fromStored(found)
  }
  const message = await read(here.connection, STREAM.events, { seq: 1 })
  if (!message) throw new Error('there is no event')
  const parking = { group: 'reader', stream: STREAM.events, message, reason: 'no', attempts: 1 } as const
  const letter = await park(here.connection, parking)
  for (const name of [BUCKET.functions, BUCKET.deliveries, BUCKET.overflow]) {
    const bucket = await openBucket(here.connection, name)
    await bucket.put('kept', 'older')
    await bucket.put('kept', name)
    await bucket.put('gone', 'x')
    await bucket.delete('gone')
  }

  await jetstream(here.connection).publish(subject.asyncCall('openfaas', 'later'), 'a call')

  const there = await restore(await backup())
  expect(await read(there.connection, STREAM.async, { seq: 1 })).toMatchObject({ subject: 'async.call.openfaas.later', data: new TextEncoder().encode('a call') })
  expect(await read(there.connection, STREAM.parked, { seq: 1 })).toMatchObject({ subject: `parked.reader.node.n1.${letter}`, data: message.data })
  expect(await park(there.connection, parking)).toBe(letter)
  expect((await (await jetstreamManager(there.connection)).streams.info(STREAM.parked)).state.messages).toBe(1)
  for (const name of [BUCKET.functions, BUCKET.deliveries, BUCKET.overflow]) {
    const bucket = await openBucket(there.connection, name)
    expect([(await bucket.get('kept'))?.string(), await bucket.get('gone')]).toEqual([name, null])
  }
})

describe('records', () => {
  const write = (id: string, epoch: number) => writeFence({ deploymentId: id, epoch, tombstone: false, at: new Date().toISOString() }, here.root)
  const bytesOf = async ({ root }: Machine, key: string) => {
    const answer = await root.send('GET', `/${root.bucket}/${key}`)
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : null
  }
  const put = async (key: string, body: string) => expect((await here.root.send('PUT', `/${here.root.bucket}/${key}`, { body })).status).toBe(200)

  const opened = ({ minio }: Machine, id: string, epoch: number) => openRecord(
    { epoch, storage: { endpoint: minio.url, region: 'us-east-1', bucket: 'one-record', prefix: `${id}/`, accessKeyId: minio.user, secretAccessKey: minio.password, sessionToken: '', expiresAt: '2099-01-01T00:00:00Z' } },
    { genesis: async (tx) => tx.put('first', true), limit: { bytes: Infinity, reached: () => {} }, complain: (error) => { throw error } },
  )
  const keysOf = async ({ root }: Machine, id: string) => all(await text(await root.send('GET', `/${root.bucket}?list-type=2&prefix=${id}%2F`), 'list'), 'Key')

  test('come back byte by byte, long ones and many', async () => {
    for (let n = 1; n <= 30; n++) await write('long', 1)
    const many = Array.from({ length: 1_050 }, (_, index) => `record${index}`) // more than the store lists at once
    for (let at = 0; at < many.length; at += 50) await Promise.all(many.slice(at, at + 50).map((id) => put(commitKey(`${id}/`, 1), id)))
    const manifest = await backup()
    expect(manifest).toMatchObject({ records: 1_051, objects: 1_080 })
    const there = await restore(manifest)
    for (const key of [...many.map((id) => commitKey(`${id}/`, 1)).filter((_, index) => index % 25 === 0), ...Array.from({ length: 30 }, (_, index) => commitKey('long/', index + 1))]) {
      expect(await bytesOf(there, key), key).toEqual(await bytesOf(here, key))
    }
  })

  test('come back with their documents, and their newest checkpoint with the pages that it takes from older ones', async () => {
    const record = await opened(here, 'kept', 1)
    const row = (n: number) => key('t', n)
    // more than a page, and then a change of one: the next checkpoint has two new pages, and the others are elsewhere
    await record.write(async (tx) => Array.from({ length: 2_000 }, (_, n) => tx.put(row(n), 'x'.repeat(50))).length)
    await record.rest()
    for (let n = 0; n < 3; n++) await record.write(async (tx) => tx.put(row(n), 'y'))
    expect(await record.rest()).toEqual({ busy: null })
    await put('kept/documents/one', 'a document')
    await put(checkpointKey('torn/', 1, 'torn'), 'none')
    await write('torn', 1)
    const manifest = await backup()
    const there = await restore(manifest)
    const keys = await keysOf(there, 'kept')
    expect(keys.filter((one) => one.includes('/checkpoints/')).length + keys.filter((one) => one.includes('/pages/')).length).toBeGreaterThan(1)
    for (const one of keys) expect(await bytesOf(there, one), one).toEqual(await bytesOf(here, one))
    expect((await bytesOf(there, 'kept/documents/one'))?.toString()).toBe('a document')
    expect(await keysOf(there, 'torn')).toEqual([commitKey('torn/', 1)])
    const again = await opened(there, 'kept', 2)
    expect((await again.reader().scan({ prefix: 't/', limit: 1_000 })).map(({ value }) => value)).toEqual(['y', 'y', 'y', ...Array.from({ length: 997 }, () => 'x'.repeat(50))])
    await again.rest()
  })

  test('taken while they are claimed again and again: none is of an epoch that the events do not know', async () => {
    let writing = true
    const ids = Array.from({ length: 4 }, randomId)
    // as a claim does: the event first, whose revision is its epoch, then the fence
    const load = ids.map(async (id) => {
      for (let epoch = 0; writing; epoch++) {
        await store.append(`node.${id}`, [slotLost(id)], epoch === 0 ? 'none' : epoch - 1)
        await write(id, epoch)
      }
    })
    await expect.poll(async () => Math.min(...(await Promise.all(ids.map((id) => store.last(`node.${id}`)))).map((event) => event?.revision ?? -1)), { timeout: 30_000 }).toBeGreaterThan(20)
    const manifest = await backup()
    writing = false
    await Promise.all(load)

    const there = await restore(manifest)
    const epochs = new Map<string, number>()
    for await (const { name, body } of readTar(join(folder, 'backup', 'records.tar'))) epochs.set(name.slice(0, name.indexOf('/')), decodeCommit(1, body).header.epoch)
    expect([...epochs.keys()].toSorted()).toEqual(ids.toSorted())
    for (const [id, epoch] of epochs) {
      const known = (await there.store.read(`node.${id}`)).findLast(({ type }) => type === 'SlotLost')?.revision ?? -1
      expect(known).toBeGreaterThanOrEqual(epoch)
    }
  })

  test('of a deployment that was erased meanwhile are not brought back', async () => {
    const base = (id: string) => ({ deploymentId: id, name: id, at: new Date().toISOString() })
    for (const id of ['erased', 'kept']) await write(id, 1)
    await store.append('deployment.erased', [{ id: randomId(), type: 'RecordErased', data: { ...base('erased'), objects: 1 }, metadata }], 'none')
    const there = await restore(await backup())
    expect(await Promise.all(['erased', 'kept'].map(async (id) => (await bytesOf(there, commitKey(`${id}/`, 1))) !== null))).toEqual([false, true])
  })

  test('what is there that this release does not know ends the backup', async () => {
    await put('record/blobs/photo', 'x')
    await expect(backup()).rejects.toThrow('the record record/ holds record/blobs/, which this release cannot back up')
  })
})
