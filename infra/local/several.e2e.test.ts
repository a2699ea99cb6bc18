import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readRecords, slotsFolder } from '../agent/slot-records.ts'
import { httpClient, operator, type Client } from '../demo/http.ts'
import { startPlayground, type Playground } from './playground.ts'
import { descendants, gone, isAlive, look } from './processes.ts'
import { readRunFiles } from './run-files.ts'

let dataDir: string
let playground: Playground
let client: Client

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-several-'))
  chmodSync(dataDir, 0o711)
  const env = { CREDENTIALS: '2', GATEWAYS: '2', DISPATCHERS: '2', PROJECTORS: '2', AGENTS: '2', EDGES: '2', SPARE_SLOTS: '1' }
  playground = await startPlayground({ dataDir, env })
  client = httpClient({ keepAlive: false })
}, 120_000)
afterAll(async () => {
  client?.close()
  if (playground && isAlive(playground)) await playground.stop()
  await gone(readRunFiles(dataDir), 15_000)
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

const slots = (node: number) => readRecords(slotsFolder(join(dataDir, `agent-${node}`))).flatMap(({ pid }) => look(pid) ?? [])
const pidOf = (part: string): number => readRunFiles(dataDir).find((run) => run.part === part)?.pid ?? 0
const deploy = (name: string) => operator(client, playground.urls.platform, playground.tokenFile).call<{ url: string }>('POST', '/', { name, settings: { open: true } })
const through = (edge: string, url: string) => client.ask(url.replace(/:\d+/, `:${new URL(edge).port}`))

it('runs two of each, every one under its own name, each agent with slots of its own', async () => {
  const parts = readRunFiles(dataDir).map(({ part }) => part)
  expect(parts).toEqual(expect.arrayContaining(['credentials', 'gateway', 'dispatcher', 'projector', 'agent', 'edge', 'haproxy'].flatMap((kind) => [`${kind}-1`, `${kind}-2`])))
  expect(playground.edges).toHaveLength(2)
  await expect.poll(() => [slots(1).length, slots(2).length], { timeout: 30_000 }).toEqual([1, 1])
})

it('serves a deployment through every edge, at the address of the first', async () => {
  const { url } = await deploy('both')
  expect(new URL(url).port).toBe(String(playground.httpPort))
  for (const edge of playground.edges) {
    await expect.poll(async () => (await through(edge, url)).status, { timeout: 30_000 }).toBe(200)
    expect((await through(edge, url)).body.toString('utf8')).toContain(url)
  }
})

it('goes on while one of each is stopped', async () => {
  const stopped = ['credentials-1', 'gateway-1', 'dispatcher-1', 'agent-1'].map(pidOf)
  for (const pid of stopped) process.kill(pid, 'SIGKILL')
  const { url } = await deploy('meanwhile')
  await expect.poll(async () => (await client.ask(url)).status, { timeout: 60_000 }).toBe(200)
}, 90_000)

it('leaves no process when it ends, the slots of every agent included', async () => {
  const noted = readRunFiles(dataDir)
  const all = [...noted, ...descendants(noted), ...slots(1), ...slots(2)]
  expect(all.length).toBeGreaterThan(15)
  await playground.stop()
  expect(all.filter(isAlive)).toEqual([])
}, 60_000)
