import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { end, type MinioServer } from '../../testing/servers.ts'
import { BUCKET, startStore } from '../testing/serve.ts'
import { endAll, secretOf, spawnAlone, startAlone as start } from './testing/start.ts'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'orp-alone-'))))
afterEach(endAll)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = async (args: readonly string[]): Promise<{ readonly code: number; readonly errors: string; readonly output: string }> => {
  const child = spawnAlone(args)
  let [errors, output] = ['', '']
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, errors, output }
}

const PIECE = JSON.stringify({ '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'alone' })
const make = async (base: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  await fetch(`${base}/logistics-objects`, { method: 'POST', headers: { 'content-type': 'application/ld+json', ...headers }, body: PIECE })
const inJson = (body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
/** Erases an object and waits until it is gone from the store, too. */
const eraseAndWait = async (base: string, logisticsObject: string): Promise<void> => {
  expect((await fetch(`${base}/holder/erasures`, inJson({ logisticsObject }))).status).toBe(201)
  await vi.waitFor(async () => expect(await (await fetch(`${base}/holder/erasures`)).json()).toMatchObject({ items: [{ logisticsObject, isGoneFromStore: true }] }), { timeout: 60_000, interval: 50 })
}
const tokenOf = async (base: string, secret: string): Promise<string> => {
  const answer = await fetch(`${base}/oauth2/token`, { method: 'POST', headers: { authorization: `Basic ${btoa(`holder:${secret}`)}`, 'content-type': 'application/x-www-form-urlencoded' }, body: 'grant_type=client_credentials' })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { access_token: string }).access_token
}

describe('in a folder', () => {
  test('asks for tokens, gives them to the client it named at its first start, and has its record after a kill', async () => {
    const store = join(folder, 'record')
    const first = await start(['--store', store])
    const secret = secretOf(first)
    expect(statSync(join(store, 'secrets.json')).mode & 0o777).toBe(0o600)
    expect((await make(first.base)).status).toBe(401)
    const made = await make(first.base, { authorization: `Bearer ${await tokenOf(first.base, secret)}` })
    expect(made.status).toBe(201)
    const path = new URL(made.headers.get('location') ?? '').pathname
    await end(first.child, 'SIGKILL')

    const second = await start(['--store', store])
    expect(second.said).not.toContain(secret)
    const read = await fetch(second.base + path, { headers: { authorization: `Bearer ${await tokenOf(second.base, secret)}` } })
    expect(await read.json()).toMatchObject({ 'cargo:goodsDescription': 'alone' })
  })
  test('open: nobody is asked', async () => {
    const { base, child, said } = await start(['--store', join(folder, 'open'), '--open'])
    expect(said).toContain('everybody is the holder')
    expect((await make(base)).status).toBe(201)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
  test('of two servers of one record the earlier gives up at its next write', async () => {
    const store = join(folder, 'shared')
    const first = await start(['--store', store, '--open'])
    const second = await start(['--store', store, '--open'])
    const gone = once(first.child, 'exit')
    expect((await make(first.base)).status).toBe(503)
    expect(await gone).toEqual([1, null])
    expect((await make(second.base)).status).toBe(201)
  })
  test('erased content is in no file any more, with a log alone and with an index; everything else stays', async () => {
    const store = join(folder, 'erased')
    const content = () => readdirSync(store, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n')
    for (const round of [1, 2]) {
      const { base, child } = await start(['--store', store, '--open'])
      const [gone, kept] = [`geheimnis${round}`, `brot${round}`]
      const post = async (goods: string) => (await fetch(`${base}/logistics-objects`, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: PIECE.replace('alone', goods) })).headers.get('location') ?? ''
      const [secret, other] = [await post(gone), await post(kept)]
      expect((await fetch(`${secret}/documents/${gone}.txt`, { method: 'PUT', body: gone })).status).toBe(201)
      expect(content()).toContain(gone)
      expect((await fetch(`${base}/holder/erasures`, inJson({ logisticsObject: secret }))).status).toBe(201)
      await vi.waitFor(() => expect(content()).not.toContain(gone), { timeout: 60_000, interval: 50 })
      await vi.waitFor(async () => expect(JSON.stringify(await (await fetch(`${base}/holder/erasures`)).json())).not.toContain('"isGoneFromStore":false'), { timeout: 60_000, interval: 50 })
      expect(await (await fetch(other)).text()).toContain(kept)
      // its end puts the log into an index
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
    }
  })
  test('a line of log for each request, without its query', async () => {
    const { base, lines } = await start(['--store', join(folder, 'logged'), '--open', '--log'])
    await fetch(`${base}/holder/objects?text=personal`, { headers: { 'x-forwarded-for': '203.0.113.7' } })
    const line = await vi.waitUntil(() => lines.find((each) => each.includes('/holder/objects')), { timeout: 30_000 })
    expect(JSON.parse(line)).toEqual({ at: expect.any(String), from: '127.0.0.1', method: 'GET', path: '/holder/objects', status: 200, ms: expect.any(Number) })
  })
  test('limits are those of its options', async () => {
    const { base } = await start(['--store', join(folder, 'limited'), '--open', '--max-body', '100'])
    expect((await make(base)).status).toBe(413)
    expect((await fetch(`${base}/healthz`, { method: 'POST' })).status).toBe(405)
  })
  test('another secret ends the one before', async () => {
    const store = join(folder, 'rotated')
    const first = await start(['--store', store])
    await end(first.child)
    const second = await start(['--store', store, '--new-secret'])
    expect(secretOf(second)).not.toBe(secretOf(first))
    await tokenOf(second.base, secretOf(second))
    const old = await fetch(`${second.base}/oauth2/token`, { method: 'POST', headers: { authorization: `Basic ${btoa(`holder:${secretOf(first)}`)}`, 'content-type': 'application/x-www-form-urlencoded' }, body: 'grant_type=client_credentials' })
    expect(old.status).toBe(401)
  })
  test('what it owes to somebody who is away does not keep it from ending, and is owed at the next start', async () => {
    const args = ['--store', join(folder, 'owing'), '--open']
    const { base, child } = await start(args)
    const subscription = { '@context': { api: 'https://onerecord.iata.org/ns/api#' }, '@type': 'api:Subscription', 'api:hasSubscriber': { '@id': 'http://127.0.0.1:1/logistics-objects/_data-holder' }, 'api:hasTopicType': { '@id': 'api:LOGISTICS_OBJECT_TYPE' }, 'api:hasTopic': 'https://onerecord.iata.org/ns/cargo#Piece', 'api:includeSubscriptionEventType': [{ '@id': 'api:LOGISTICS_OBJECT_CREATED' }] }
    expect((await fetch(`${base}/subscriptions`, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: JSON.stringify(subscription) })).status).toBe(201)
    expect((await make(base)).status).toBe(201)
    const owed = async (at: string) => ((await (await fetch(`${at}/holder/outbox`)).json()) as { items: readonly { reason: string | null }[] }).items
    await vi.waitFor(async () => expect(await owed(base)).toMatchObject([{ reason: expect.stringContaining('127.0.0.1 is not a public address') }]), { timeout: 30_000, interval: 50 })
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(await owed((await start(args)).base)).toHaveLength(1)
  })
})

describe('in a bucket', () => {
  let minio: MinioServer
  beforeAll(async () => void (minio = await startStore()))
  afterAll(() => minio.stop())
  test('keeps its record below the prefix', async () => {
    const environment = { AWS_ENDPOINT_URL: minio.url, AWS_ACCESS_KEY_ID: minio.user, AWS_SECRET_ACCESS_KEY: minio.password }
    const { base } = await start(['--store', `s3://${BUCKET}/some/where`, '--secrets', join(folder, 'bucket.json'), '--open'], environment)
    const made = await make(base)
    expect(made.status).toBe(201)
    await eraseAndWait(base, made.headers.get('location') ?? '')
    expect((await make(base)).status).toBe(201)
  })
})

test('says what it can do', async () => expect(await run(['--help'])).toMatchObject({ code: 0, output: expect.stringContaining('--store') }))
test('an option that cannot be is exit code 2 with its name', async () => expect(await run(['--store', 'x', '--port', 'y'])).toMatchObject({ code: 2, errors: expect.stringContaining('--port') }))
test('a store that cannot be had is exit code 1', async () => {
  const { code, errors } = await run(['--store', join(import.meta.filename, 'no-folder'), '--open'])
  expect(code).toBe(1)
  expect(errors).not.toBe('')
})
