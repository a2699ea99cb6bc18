import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { httpClient, operator, type Client } from '../demo/http.ts'
import { startPlayground, type Playground } from '../local/playground.ts'
import { visitors } from './testing/visitors.ts'

// The whole playground with two nodes and two edges: nodes are drained in turn while visitors come and go.
const DEPLOYMENTS = 20
const SOON = { timeout: 240_000, interval: 100 }

let dataDir: string
let playground: Playground
let client: Client

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-drain-'))
  chmodSync(dataDir, 0o711)
  playground = await startPlayground({ dataDir, env: { AGENTS: '2', EDGES: '2', SPARE_SLOTS: '3', MOVES_AT_ONCE: '3' } })
  client = httpClient()
}, 120_000)
afterAll(async () => {
  client?.close()
  await playground?.stop()
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

type Node = { readonly node: string; readonly drain: { readonly state: string; readonly left: number } | null; readonly slots: { readonly items: readonly { readonly deploymentId: string }[] }; readonly now: { readonly claimed: number } | null }
const nodes = async <T = Node>(method: string, path: string): Promise<T> => {
  const answer = await client.ask(`${playground.urls.platform}/api/nodes${path}`, { method, headers: { authorization: `Bearer ${playground.token}` } })
  expect(answer.status).toBeLessThan(300)
  return JSON.parse(answer.body.toString('utf8')) as T
}
const drained = async (node: string): Promise<void> => {
  expect(await nodes('POST', `/${node}/drain`)).toMatchObject({ node, drain: { state: 'draining' } })
  await expect.poll(async () => (await nodes('GET', `/${node}`)).drain, SOON).toMatchObject({ state: 'drained', left: 0 })
}

it('a node is drained under load, returned, and the other one drained: no request fails, and nothing that was acknowledged is lost', async () => {
  const owner = operator(client, playground.urls.platform, playground.tokenFile)
  const made = await Promise.all(Array.from({ length: DEPLOYMENTS }, (_, index) =>
    owner.call<{ readonly id: string; readonly url: string }>('POST', '/', { name: `open-${index}`, settings: { open: true, pauseAfterSeconds: 3_600 } })))
  for (const { url } of made) await expect.poll(async () => (await client.ask(url)).status, SOON).toBe(200)
  const asleep = await owner.call<{ readonly id: string }>('POST', '/', { name: 'asleep', settings: { open: true } })
  await expect.poll(async () => (await owner.call<{ readonly status: string }>('GET', `/${asleep.id}`)).status, SOON).toBe('running')
  await owner.call('POST', `/${asleep.id}/pause`)

  const load = visitors({ urls: made.map(({ url }) => url), client, ports: playground.edges.map((edge) => Number(new URL(edge).port)), restMs: 250 })
  await expect.poll(load.requests, SOON).toBeGreaterThan(100)
  await drained('node-1')
  expect(await nodes('GET', '/node-1')).toMatchObject({ now: { claimed: 0, draining: true }, slots: { items: [] } })
  expect(await nodes('POST', '/node-1/return')).toMatchObject({ drain: null })
  await expect.poll(async () => (await nodes('GET', '/node-1')).now, SOON).toMatchObject({ draining: false })
  await drained('node-2')
  const before = load.requests()
  await expect.poll(load.requests, SOON).toBeGreaterThan(before + 100)
  await load.end()

  expect(load.failures).toEqual([])
  for (const [url, objects] of load.objects) {
    expect(objects.length).toBeGreaterThan(0)
    for (const object of objects) expect((await client.ask(object)).status, `${object} of ${url}`).toBe(200)
  }
  // nobody was woken for it, and nobody is doubled
  expect(await owner.call<{ readonly status: string }>('GET', `/${asleep.id}`)).toMatchObject({ status: 'hibernated' })
  const { slots, now } = await nodes('GET', '/node-1?limit=200')
  expect(slots.items.map(({ deploymentId }) => deploymentId).toSorted()).toEqual(made.map(({ id }) => id).toSorted())
  expect(now).toMatchObject({ claimed: DEPLOYMENTS })
  process.stdout.write(`${load.requests()} requests, ${load.failures.length} failed; the slowest took ${Math.round(load.slowest())} ms\n`)
}, 600_000)
