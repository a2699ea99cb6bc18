import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpClient, operator, type Ask, type Client } from '../demo/http.ts'
import { fetchToken, type MadeWithSecret } from '../demo/token.ts'
import { startPlayground, type Playground } from '../local/playground.ts'

type Made = MadeWithSecret & { readonly id: string; readonly url: string }
type Entry = { readonly type: string; readonly data: Readonly<Record<string, unknown>> }

const LONG = { timeout: 60_000, interval: 250 }
const dataDir = mkdtempSync(join(tmpdir(), 'orp-access-'))
let playground: Playground
let client: Client
let api: ReturnType<typeof operator>
beforeAll(async () => {
  playground = await startPlayground({ dataDir, env: { SPARE_SLOTS: '1', PAUSE_AFTER_SECONDS: '3600', LEASE_SECONDS: '6' } })
  client = httpClient({ keepAlive: false })
  api = operator(client, playground.urls.platform, playground.tokenFile)
}, 120_000)
afterAll(async () => {
  client.close()
  await playground.stop()
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

const deploy = (name: string, settings: object = {}) => api.call<Made>('POST', '/', { name, settings })
const status = async (url: string, ask: Ask = {}) => (await client.ask(url, ask)).status
const history = async ({ id }: Made): Promise<readonly Entry[]> => (await api.call<{ readonly items: readonly Entry[] }>('GET', `/${id}/history?limit=100`)).items
const post = async ({ url }: Made, token: object, goods: string) =>
  client.ask(`${url}/logistics-objects`, {
    method: 'POST', headers: { ...token, 'content-type': 'application/ld+json' },
    body: JSON.stringify({ '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:goodsDescription': goods }),
  })

test('one is closed until its secret opens it; rotated, asleep, the old secret and its tokens open nothing; opened, nobody needs one', async () => {
  const made = await deploy('closed')
  expect(await status(`${made.url}/`)).toBe(401)
  const token = await fetchToken(client, made)
  expect(await status(`${made.url}/`, { headers: token })).toBe(200)
  await api.call('POST', `/${made.id}/pause`)
  await expect.poll(async () => (await api.call<{ status: string }>('GET', `/${made.id}`)).status, LONG).toBe('paused')

  const { clientSecret } = await api.call<Made>('POST', `/${made.id}/credentials/rotate`, {})
  await expect.poll(async () => (await history(made)).filter(({ type }) => type === 'InstanceStarted').length, LONG).toBe(2)
  expect(await status(`${made.url}/`, { headers: token })).toBe(401)
  await expect(fetchToken(client, made)).rejects.toThrow('no token: 401')
  expect(await status(`${made.url}/`, { headers: await fetchToken(client, { ...made, clientSecret }) })).toBe(200)

  await api.call('PATCH', `/${made.id}/settings`, { open: true })
  await expect.poll(() => status(`${made.url}/`), LONG).toBe(200)
  const told = JSON.stringify([await history(made), await api.call('GET', `/${made.id}`), await api.call('GET', '/')])
  for (const secret of [made.clientSecret, clientSecret]) expect(told).not.toContain(secret)
})

test('what is erased is gone from the store, and its owner reads that; over a limit nothing more is taken, and its owner reads that too', async () => {
  const made = await deploy('small', { maxObjects: 3 })
  const token = await fetchToken(client, made)
  const erased = await post(made, token, 'to be forgotten')
  expect(erased.status).toBe(201)
  const asked = await client.ask(`${made.url}/holder/erasures`, { method: 'POST', headers: { ...token, 'content-type': 'application/json' }, body: JSON.stringify({ logisticsObject: erased.headers['location'] }) })
  expect(asked.status).toBe(201)
  await expect.poll(async () => (await history(made)).map(({ type }) => type), LONG).toEqual(expect.arrayContaining(['ErasureRequested', 'ErasureCompleted']))
  await expect.poll(async () => (await client.ask(`${made.url}/holder/erasures`, { headers: token })).body.toString(), LONG).toMatch(/"isGoneFromStore": ?true/)

  const statuses: number[] = []
  for (let n = 0; n < 4; n += 1) statuses.push((await post(made, token, `piece ${n}`)).status)
  expect(statuses.at(-1)).toBe(507)
  await expect.poll(async () => (await history(made)).find(({ type }) => type === 'LimitReached')?.data, LONG).toMatchObject({ limit: 'objects', usage: { objects: expect.any(Number) } })
  expect(await status(`${made.url}/`, { headers: token })).toBe(200)
})
