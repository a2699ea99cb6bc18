import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { httpClient, type Client } from '../demo/http.ts'
import { startPlayground, type Playground } from '../local/playground.ts'
import { gone, isAlive } from '../local/processes.ts'
import { readRunFiles } from '../local/run-files.ts'

let dataDir: string
let playground: Playground
let client: Client

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-gateways-'))
  chmodSync(dataDir, 0o711)
  playground = await startPlayground({ dataDir, env: { GATEWAYS: '2', SPARE_SLOTS: '2', FUNCTION_TIMEOUT_SECONDS: '3' } })
  client = httpClient({ keepAlive: false })
}, 120_000)
afterAll(async () => {
  client?.close()
  const stopped = pidOf('gateway-1')
  if (stopped > 0) process.kill(stopped, 'SIGCONT')
  if (playground && isAlive(playground)) await playground.stop()
  await gone(readRunFiles(dataDir), 15_000)
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

const pidOf = (part: string): number => readRunFiles(dataDir).find((run) => run.part === part)?.pid ?? 0

/** Asks one gateway itself for a deployment; it comes up only by events that the dispatcher delivers. */
const deployAt = async (gateway: number, name: string): Promise<string> => {
  const authorization = `Bearer ${readFileSync(playground.tokenFile, 'utf8').trim()}`
  const answer = await fetch(`${playground.gateways[gateway - 1]}/function/deployments`, {
    method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify({ name, settings: { open: true } }),
  })
  expect(answer.status).toBe(202)
  return `http://${name}.${playground.deploymentsDomain}:${playground.httpPort}/`
}
const statusOf = (url: string) => async () => (await client.ask(url)).status

it('events are delivered through the other gateway while the first hangs, and while the second is dead', async () => {
  const hung = pidOf('gateway-1') // the dispatcher's own, being the first
  process.kill(hung, 'SIGSTOP')
  const first = await deployAt(2, 'first-hangs')
  await expect.poll(statusOf(first), { timeout: 60_000 }).toBe(200)
  process.kill(hung, 'SIGCONT')
  process.kill(pidOf('gateway-2'), 'SIGKILL')
  const second = await deployAt(1, 'second-is-dead')
  await expect.poll(statusOf(second), { timeout: 60_000 }).toBe(200)
}, 180_000)
