import { AwsClient } from 'aws4fetch'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { logger } from '../log.ts'
import { commitKey } from '../one-record/commit-key.ts'
import { decodeCommit } from '../one-record/store/commit.ts'
import { startMinio, startNats, type MinioServer, type NatsServer } from '../testing/servers.ts'
import { ensureBucket } from './bucket.ts'
import { natsCredentials, natsStorage } from './client.ts'
import { lastCommit } from './fence.ts'
import type { StorageAccess } from './port.ts'
import { connectRoot, text, type Root } from './root.ts'
import { serveCredentials } from './service.ts'

const log = logger('credentials', 'silent')
let nats: NatsServer
let minio: MinioServer
let connection: NatsConnection
let root: Root

beforeAll(async () => {
  ;[nats, minio] = await Promise.all([startNats(), startMinio()])
  connection = await connect({ servers: nats.url })
  root = connectRoot({ endpoint: minio.url, region: 'us-east-1', bucket: 'one-record', user: minio.user, password: minio.password })
  await ensureBucket(root, log)
  await ensureBucket(root, log) // a restart finds it there
  serveCredentials(connection, { root, deploymentsKey: 'key', sweepGraceMs: 60_000 }, log)
})
afterAll(async () => {
  await connection.close()
  await Promise.all([nats.stop(), minio.stop()])
})

/** Requests with a slot's credentials. */
const slot = (access: StorageAccess) => {
  const client = new AwsClient({ ...access, service: 's3', retries: 0 })
  return async (method: string, path: string, options: { body?: string; headers?: Record<string, string> } = {}) => {
    const answer = await client.fetch(`${access.endpoint}/${access.bucket}${path}`, { method, ...options })
    return { status: answer.status, body: await answer.text() }
  }
}

test('a slot writes, reads and lists below its own prefix', async () => {
  const access = await natsCredentials(connection).mint('own')
  const send = slot(access)
  expect(access.prefix).toBe('own/')
  expect(Date.parse(access.expiresAt) - Date.now()).toBeGreaterThan(55 * 60_000)
  expect(await send('PUT', `/${commitKey('own/', 1)}`, { body: '{}', headers: { 'if-none-match': '*' } })).toMatchObject({ status: 200 })
  expect(await send('PUT', `/${commitKey('own/', 1)}`, { body: '{}', headers: { 'if-none-match': '*' } })).toMatchObject({ status: 412 })
  expect(await send('GET', `/${commitKey('own/', 1)}`)).toEqual({ status: 200, body: '{}' })
  const listed = await send('GET', '?list-type=2&prefix=own%2Fcommits%2F')
  expect(listed.status).toBe(200)
  expect(listed.body).toContain(`<Key>${commitKey('own/', 1)}</Key>`)
})

test.each([
  ['GET', '/other/x'], ['PUT', '/other/x'], ['PUT', '/ownother/x'], ['GET', '?list-type=2&prefix=other%2F'], ['GET', '?list-type=2'],
  ['DELETE', `/${commitKey('own/', 1)}`], ['DELETE', `/${commitKey('own/', 1)}?versionId=null`], ['GET', '?versioning'], ['DELETE', ''],
])('%s %s is AccessDenied to the slot of "own"', async (method, path) => {
  const send = slot(await natsCredentials(connection).mint('own'))
  const { status, body } = await send(method, path, method === 'PUT' ? { body: 'x' } : {})
  expect(status).toBe(403)
  expect(body).toContain('<Code>AccessDenied</Code>')
})

test('nobody mints for what is no deployment id', async () => {
  await expect(natsCredentials(connection).mint('../own')).rejects.toMatchObject({ code: 'CREDENTIALS_UNAVAILABLE' })
  await expect(natsCredentials(connection).mint('')).rejects.toMatchObject({ code: 'CREDENTIALS_UNAVAILABLE' })
})

test('a fence takes the next place of the log, so the holder finds it taken', async () => {
  const storage = natsStorage(connection)
  const send = slot(await natsCredentials(connection).mint('fenced'))
  const commit = (n: number) => send('PUT', `/${commitKey('fenced/', n)}`, { body: 'mine', headers: { 'if-none-match': '*' } })
  expect((await commit(1)).status).toBe(200)
  await storage.fence('fenced', 7)
  expect((await commit(2)).status).toBe(412)
  const headerOf = async (n: number) => decodeCommit(n, Buffer.from((await send('GET', `/${commitKey('fenced/', n)}`)).body)).header
  expect(await headerOf(2)).toMatchObject({ kind: 'fence', n: 2, epoch: 7, bodies: 0, ops: 0 })
  await storage.fence('fenced', 8, { tombstone: true })
  expect(await headerOf(3)).toMatchObject({ kind: 'tombstone', n: 3, epoch: 8 })
})

test('two services share the work, and one alone does all of it', async () => {
  const second = await connect({ servers: nats.url })
  serveCredentials(second, { root, deploymentsKey: 'key', sweepGraceMs: 60_000 }, log)
  await second.flush()
  const mintAll = () => Promise.all(Array.from({ length: 30 }, (_, index) => natsCredentials(connection).mint(`shared${index}`)))
  expect((await mintAll()).map(({ prefix }) => prefix)).toEqual(Array.from({ length: 30 }, (_, index) => `shared${index}/`))
  expect(second.stats().inMsgs).toBeGreaterThan(0)
  expect(second.stats().inMsgs).toBeLessThan(30)
  await second.close()
  expect(await mintAll()).toHaveLength(30)
})

test('two fences at once take two places', async () => {
  const storage = natsStorage(connection)
  await Promise.all([storage.fence('raced', 1), storage.fence('raced', 2)])
  expect(await lastCommit('raced/', root)).toBe(2)
})

test('the end of a long log is found', async () => {
  const put = (n: number) => root.send('PUT', `/one-record/${commitKey('long/', n)}`, { body: '{}' }).then((answer) => answer.arrayBuffer())
  for (let n = 1; n <= 2_345; n += 15) await Promise.all(Array.from({ length: Math.min(15, 2_346 - n) }, (_, index) => put(n + index)))
  expect(await lastCommit('long/', root)).toBe(2_345)
})

test('erasing deletes every version of one record and nothing of another', async () => {
  const storage = natsStorage(connection)
  const put = async (path: string) => text(await root.send('PUT', `/one-record/${path}`, { body: 'x' }), path)
  await put('erased/a%20b&c')
  await put('erased/a%20b&c')
  await put('erased/d')
  await root.send('DELETE', '/one-record/erased/d').then((answer) => answer.arrayBuffer()) // leaves a marker
  await put('erasednot/a')
  expect(await storage.erase('erased')).toEqual({ objects: 4 })
  expect(await storage.erase('erased')).toEqual({ objects: 0 })
  const left = await root.send('GET', '/one-record?versions=&prefix=erased').then((answer) => answer.text())
  expect(left).toContain('erasednot/a')
  expect(left).not.toContain('erased/')
})
