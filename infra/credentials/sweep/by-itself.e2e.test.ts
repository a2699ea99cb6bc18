import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpClient, operator, type Client } from '../../demo/http.ts'
import { fetchToken, type MadeWithSecret } from '../../demo/token.ts'
import { startPlayground, type Playground } from '../../local/playground.ts'

type Made = MadeWithSecret & { readonly id: string; readonly url: string }
type Entry = { readonly type: string; readonly data: Readonly<Record<string, unknown>> }

const LONG = { timeout: 60_000, interval: 250 }
const dataDir = mkdtempSync(join(tmpdir(), 'orp-sweep-'))
let playground: Playground
let client: Client
let api: ReturnType<typeof operator>
beforeAll(async () => {
  playground = await startPlayground({ dataDir, env: { SPARE_SLOTS: '1', PAUSE_AFTER_SECONDS: '3600', SWEEP_EVERY_SECONDS: '2', SWEEP_GRACE_SECONDS: '3' } })
  client = httpClient({ keepAlive: false })
  api = operator(client, playground.urls.platform, playground.tokenFile)
}, 120_000)
afterAll(async () => {
  client.close()
  await playground.stop()
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

test('documents that were replaced are gone from the store by themselves, and their owner reads that; what there is stays', { timeout: 120_000 }, async () => {
  const made = await api.call<Made>('POST', '/', { name: 'swept', settings: {} })
  const token = await fetchToken(client, made)
  const piece = JSON.stringify({ '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'with papers' })
  const { headers } = await client.ask(`${made.url}/logistics-objects`, { method: 'POST', headers: { ...token, 'content-type': 'application/ld+json' }, body: piece })
  const document = `${made.url}${new URL(headers['location'] ?? '').pathname}/documents/waybill.txt`
  for (const text of ['the first', 'the second']) {
    const { status } = await client.ask(document, { method: 'PUT', headers: { ...token, 'content-type': 'text/plain' }, body: text })
    expect(status).toBeLessThan(300)
  }
  const swept = async () => (await api.call<{ readonly items: readonly Entry[] }>('GET', `/${made.id}/history?limit=100`)).items.find(({ type }) => type === 'RecordSwept')
  await expect.poll(async () => (await swept())?.data, LONG).toMatchObject({ objects: expect.any(Number), bytes: expect.any(Number) })
  expect((await client.ask(document, { headers: token })).body.toString()).toBe('the second')
})
