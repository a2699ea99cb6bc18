import type { Client } from 'minio'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mint } from '../../credentials/mint.ts'
import { connectRoot } from '../../credentials/root.ts'
import { randomId } from '../../ids.ts'
import type { MinioServer } from '../../testing/servers.ts'
import { checkpointKey, checkpointsPrefix, commitKey } from '../commit-key.ts'
import { client } from '../testing/client.ts'
import { example } from '../testing/examples.ts'
import { flakyProxy } from '../testing/flaky-proxy.ts'
import { BUCKET, rootClient, serve, startStore, type Served } from '../testing/serve.ts'
import { decodeCommit, encodeCommit } from './commit.ts'
import { objectStore } from './object-store.ts'

let minio: MinioServer
let root: Client
beforeAll(async () => {
  minio = await startStore()
  root = rootClient(minio)
})
afterAll(() => minio.stop())

const piece = (text: string) => ({ ...(example('Piece') as object), 'cargo:goodsDescription': text })
const prefix = () => `${randomId()}/`
const storeOf = ({ claim }: Served) => objectStore(claim.storage)
const commitsOf = (served: Served) => storeOf(served).list(`${served.claim.storage.prefix}commits/`, 1_000)

test('a fresh record is taken with one fence, in two round trips', async () => {
  const proxy = await flakyProxy(minio.port)
  const server = await serve(minio, { endpoint: proxy.url })
  expect(proxy.requests.map((line) => line.slice(0, 3)).toSorted()).toEqual(['GET', 'GET', 'PUT'])
  const [key = '', ...more] = await commitsOf(server)
  expect([key, more]).toEqual([commitKey(server.claim.storage.prefix, 1), []])
  const fence = decodeCommit(1, (await storeOf(server).get(key)) ?? Buffer.alloc(0))
  expect(fence.header).toMatchObject({ kind: 'fence', epoch: 1 })
  expect(fence.ops.map(({ key }) => key)).toContain('object/_data-holder')
  await server.stop()
  await proxy.stop()
})

test('requests that come together share commits, and each is durable', async () => {
  const proxy = await flakyProxy(minio.port)
  const server = await serve(minio, { endpoint: proxy.url })
  const { make } = client(server)
  proxy.delay(20)
  const iris = await Promise.all(Array.from({ length: 64 }, (_, index) => make(piece(`number ${index}`))))
  expect(new Set(iris).size).toBe(64)
  expect((await commitsOf(server)).length).toBeLessThan(16)
  proxy.delay(0)

  const next = await serve(minio, { prefix: server.claim.storage.prefix, epoch: 2 })
  const texts = await Promise.all(iris.map(async (iri) => ((await client(next).json(iri)) as Record<string, unknown>)['cargo:goodsDescription']))
  expect(texts).toEqual(iris.map((_, index) => `number ${index}`))
  await server.stop()
  await next.stop()
  await proxy.stop()
})

test.each([['from checkpoints', false], ['when they are missing', true]])('a successor has the same data and history %s', async (_, missing) => {
  const options = { checkpointEvery: 3, prefix: prefix() }
  const first = await serve(minio, options)
  const api = client(first)
  const iri = await api.make(piece('first'))
  const patched = await api.patch(iri, example('Change_example2', { 'https://1r.example.com/logistics-objects/1a8ded38-1804-467c-a369-81a411416b7c': iri, '"@value": "2"': '"@value": "1"' }))
  for (let index = 0; index < 30; index++) await api.make(piece(`more ${index}`))
  const [object, trail] = [await api.json(iri), await api.json(`${iri}/audit-trail`)]
  expect(await first.application.quiesce()).toEqual({ state: 'quiet', dueAt: null })
  const checkpoints = await storeOf(first).list(checkpointsPrefix(options.prefix), 100)
  expect(checkpoints.length).toBeGreaterThan(5)
  if (missing) await root.removeObjects(BUCKET, [...checkpoints])

  const next = await serve(minio, { ...options, epoch: 2, cacheBytes: 0 })
  const after = client(next)
  expect(await after.json(iri)).toEqual(object)
  expect(object).toMatchObject({ 'api:hasRevision': 2 })
  expect(await after.json(`${iri}/audit-trail`)).toEqual(trail)
  expect((await after.get(patched.headers.get('location') ?? '')).status).toBe(200)
  expect((await after.post({ ...piece('again'), '@id': iri })).status).toBe(409)
  await first.stop()
  await next.stop()
})

test('a checkpoint that cannot be read costs nothing but time', async () => {
  const options = { prefix: prefix(), checkpointEvery: 5 }
  const first = await serve(minio, options)
  const iris: string[] = []
  for (let index = 0; index < 12; index++) iris.push(await client(first).make(piece(`${index}`)))
  await storeOf(first).create(checkpointKey(options.prefix, 13, 'torn'), [Buffer.from('{"format":9}')])
  const next = await serve(minio, { ...options, epoch: 2 })
  for (const iri of iris) expect((await client(next).get(iri)).status).toBe(200)
  await first.stop()
  await next.stop()
})

test('a long log is attached to from its checkpoint: few requests, whatever lies before', async () => {
  const options = { prefix: prefix(), checkpointEvery: 10 }
  const first = await serve(minio, options)
  for (let index = 0; index < 59; index++) await client(first).make(piece(`${index}`))
  await first.application.quiesce()
  const proxy = await flakyProxy(minio.port)
  const next = await serve(minio, { ...options, epoch: 2, endpoint: proxy.url })
  expect(proxy.requests.length).toBeLessThan(24)
  await first.stop()
  await next.stop()
  await proxy.stop()
})

test('of two claims the older is deposed at its next commit: 503, never 201', async () => {
  const options = { prefix: prefix() }
  const older = await serve(minio, { ...options, epoch: 1 })
  const iri = await client(older).make(piece('before'))
  const newer = await serve(minio, { ...options, epoch: 2 })
  const answers = await Promise.all(Array.from({ length: 5 }, () => client(older).post(piece('too late'))))
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503])
  await older.application.deposed
  expect((await client(older).post(piece('still too late'))).status).toBe(503)
  expect((await client(newer).get(iri)).status).toBe(200)
  expect((await client(newer).post(piece('after'))).status).toBe(201)
  await older.stop()
  await newer.stop()
})

test('an older claim cannot take a record back', async () => {
  const newer = await serve(minio, { epoch: 5 })
  await expect(serve(minio, { prefix: newer.claim.storage.prefix, epoch: 4 })).rejects.toThrow(/epoch 5/)
  expect((await client(newer).post(piece('still mine'))).status).toBe(201)
  await newer.stop()
})

test('a retired record takes nobody, and deposes who had it', async () => {
  const server = await serve(minio)
  // as the platform writes it: without entries and without a line after it
  const tombstone = JSON.stringify({ kind: 'tombstone', commitId: randomId(), epoch: 1, at: new Date().toISOString() })
  await storeOf(server).create(commitKey(server.claim.storage.prefix, 2), [Buffer.from(tombstone)])
  await expect(serve(minio, { prefix: server.claim.storage.prefix, epoch: 2 })).rejects.toThrow(/retired/)
  expect((await client(server).post(piece('late'))).status).toBe(503)
  await server.application.deposed
  await server.stop()
})

test('a foreign fence that came first is followed by ours', async () => {
  const own = prefix()
  const server = await serve(minio, { prefix: own, epoch: 1 })
  await storeOf(server).create(commitKey(own, 2), [encodeCommit({ kind: 'fence', commitId: randomId(), epoch: 2, at: new Date().toISOString() })])
  const next = await serve(minio, { prefix: own, epoch: 2 })
  expect(await commitsOf(next)).toHaveLength(3)
  await server.stop()
  await next.stop()
})

test('an answer that is lost is asked for again: written exactly once', async () => {
  const proxy = await flakyProxy(minio.port)
  const server = await serve(minio, { endpoint: proxy.url })
  for (let round = 0; round < 5; round++) {
    proxy.loseAnswers(1 + (round % 2))
    const iri = await client(server).make(piece(`round ${round}`))
    expect((await client(server).get(iri)).headers.get('latest-revision')).toBe('1')
  }
  expect(await commitsOf(server)).toHaveLength(6)
  expect(proxy.requests.filter((line) => line.startsWith('PUT')).length).toBeGreaterThan(6)
  const next = await serve(minio, { prefix: server.claim.storage.prefix, epoch: 2 })
  expect(await commitsOf(next)).toHaveLength(7)
  await server.stop()
  await next.stop()
  await proxy.stop()
})

test('while the store is away writes say 503 in time, and what was begun is finished later', async () => {
  const proxy = await flakyProxy(minio.port)
  const server = await serve(minio, { endpoint: proxy.url, answerWithinMs: 200 })
  const body = { ...piece('in doubt'), '@id': 'http://x.test/logistics-objects/doubt' }
  proxy.cut()
  const answer = await client(server).post(body)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await server.application.quiesce()).toEqual({ state: 'busy', reason: 'a commit is on its way' })
  proxy.mend()
  await expect.poll(async () => (await client(server).get('/logistics-objects/doubt')).status, { timeout: 5_000 }).toBe(200)
  expect((await client(server).post(body)).status).toBe(409)
  await server.stop()
  await proxy.stop()
})

test('quiet means no socket to the store, and the next write opens one', async () => {
  const proxy = await flakyProxy(minio.port)
  const server = await serve(minio, { endpoint: proxy.url })
  await Promise.all(Array.from({ length: 20 }, () => client(server).make(piece('x'))))
  expect(proxy.open()).toBeGreaterThan(0)
  expect(await server.application.quiesce()).toEqual({ state: 'quiet', dueAt: null })
  await expect.poll(() => proxy.open()).toBe(0)
  server.application.resume()
  server.application.renew({ ...server.claim.storage, expiresAt: '2100-01-01T00:00:00Z' })
  expect((await client(server).post(piece('after'))).status).toBe(201)
  await server.stop()
  await proxy.stop()
})

test('the credentials of a slot are enough', async () => {
  const deploymentId = randomId()
  const storage = await mint(deploymentId, connectRoot({ endpoint: minio.url, region: 'us-east-1', bucket: BUCKET, user: minio.user, password: minio.password }))
  const options = { prefix: `${deploymentId}/`, storage, checkpointEvery: 3, cacheBytes: 0 }
  const first = await serve(minio, options)
  const iris: string[] = []
  for (let index = 0; index < 10; index++) iris.push(await client(first).make(piece(`${index}`)))
  await first.application.quiesce()
  const next = await serve(minio, { ...options, epoch: 2 })
  for (const iri of iris) expect((await client(next).get(iri)).status).toBe(200)
  await first.stop()
  await next.stop()
})
