import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { httpClient, operator, type Client } from '../demo/http.ts'
import { startPlayground, type Playground } from '../local/playground.ts'
import { readRunFiles } from '../local/run-files.ts'
import { readRecords, slotsFolder } from './slot-records.ts'
import { visitors } from './testing/visitors.ts'

// The whole playground with three nodes, of which one is gone for a while with all that runs on it, and then goes on.
const DEPLOYMENTS = 9
const LEASE_SECONDS = 6
const SOON = { timeout: 240_000, interval: 100 }

let dataDir: string
let playground: Playground
let client: Client
let stopped: readonly number[] = []

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-lost-'))
  chmodSync(dataDir, 0o711)
  playground = await startPlayground({ dataDir, env: { AGENTS: '3', SPARE_SLOTS: '2', LEASE_SECONDS: String(LEASE_SECONDS), HEAL_EVERY_SECONDS: '2' } })
  client = httpClient()
}, 120_000)
afterAll(async () => {
  goOn()
  client?.close()
  await playground?.stop()
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

const claimed = (node: number) => readRecords(slotsFolder(join(dataDir, `agent-${node}`))).filter(({ claim, ended }) => claim !== null && ended === null)
const vanish = (node: number): void => {
  const agent = readRunFiles(dataDir).find(({ part }) => part === `agent-${node}`)?.pid ?? 0
  stopped = [agent, ...claimed(node).map(({ pid }) => pid)]
  for (const pid of stopped) process.kill(pid, 'SIGSTOP')
}
const goOn = (): void => {
  for (const pid of stopped) process.kill(pid, 'SIGCONT')
  stopped = []
}

type Node = { readonly state: string; readonly slots: { readonly items: readonly { readonly deploymentId: string }[] } }
const nodeNow = async (node: string): Promise<Node> => {
  const answer = await client.ask(`${playground.urls.platform}/api/nodes/${node}?limit=200`, { headers: { authorization: `Bearer ${playground.token}` } })
  return JSON.parse(answer.body.toString('utf8')) as Node
}

it('what ran on a node that vanishes is back elsewhere with all that was acknowledged; when the node goes on nothing is doubled', async () => {
  const owner = operator(client, playground.urls.platform, playground.tokenFile)
  const made = await Promise.all(Array.from({ length: DEPLOYMENTS }, (_, index) =>
    owner.call<{ readonly id: string; readonly url: string }>('POST', '/', { name: `here-${index}`, settings: { open: true, pauseAfterSeconds: 3_600 } })))
  for (const { url } of made) await expect.poll(async () => (await client.ask(url)).status, SOON).toBe(200)
  await expect.poll(() => claimed(2).length, SOON).toBeGreaterThan(0)
  const there = made.filter(({ id }) => claimed(2).some(({ claim }) => claim?.deploymentId === id))

  const load = visitors({ urls: made.map(({ url }) => url), client, ports: [playground.httpPort], restMs: 250 })
  await expect.poll(load.requests, SOON).toBeGreaterThan(50)
  vanish(2)
  const began = performance.now()
  const back = await Promise.all(there.map(async ({ url, id }) => {
    await expect.poll(async () => (await owner.call<{ readonly claim: { readonly node: string } | null }>('GET', `/${id}`)).claim?.node ?? 'node-2', SOON).not.toBe('node-2')
    await expect.poll(async () => (await client.ask(url)).status, SOON).toBe(200)
    return (performance.now() - began) / 1_000
  }))
  expect((await nodeNow('node-2')).state).toBe('lost')
  goOn()
  await expect.poll(async () => (await nodeNow('node-2')).state, SOON).toBe('live')
  await expect.poll(() => claimed(2).filter(({ claim }) => there.some(({ id }) => claim?.deploymentId === id)), SOON).toEqual([])
  const before = load.requests()
  await expect.poll(load.requests, SOON).toBeGreaterThan(before + 50)
  await load.end()

  for (const objects of load.objects.values()) for (const object of objects) expect((await client.ask(object)).status, object).toBe(200)
  const holders = [1, 2, 3].flatMap(claimed).map(({ claim }) => claim?.deploymentId ?? '')
  expect(holders.toSorted()).toEqual(made.map(({ id }) => id).toSorted())
  const objects = [...load.objects.values()].flat().length
  process.stdout.write(`${there.length} deployments back after ${back.map((seconds) => seconds.toFixed(1)).join(', ')} s (lease ${LEASE_SECONDS} s); ${objects} objects acknowledged, none lost; ${load.failures.length} of ${load.requests()} requests failed meanwhile\n`)
}, 600_000)
