import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readRecords, slotsFolder } from './slot-records.ts'
import { startPlayground, type Playground } from '../local/playground.ts'

// The whole playground: nobody visits, so what comes back comes back by itself.
let dataDir: string
let playground: Playground

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-heal-'))
  chmodSync(dataDir, 0o711)
  playground = await startPlayground({ dataDir, env: { SPARE_SLOTS: '2' } })
}, 120_000)
afterAll(async () => {
  await playground.stop()
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

type Shown = { readonly id: string; readonly status: string }
const api = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
  const answer = await fetch(`${playground.urls.platform}/api/deployments${path}`, { ...init, headers: { authorization: `Bearer ${playground.token}`, 'content-type': 'application/json' } })
  return (await answer.json()) as T
}
const typesOf = async (id: string): Promise<readonly string[]> => (await api<{ readonly items: readonly { readonly type: string }[] }>(`/${id}/history?limit=200`)).items.map(({ type }) => type)
const slotOf = (id: string): number | undefined => readRecords(slotsFolder(dataDir)).find(({ claim, ended }) => claim?.deploymentId === id && ended === null)?.pid
const SOON = { timeout: 60_000, interval: 100 }
const isRunning = async (id: string): Promise<void> => {
  await expect.poll(async () => (await api<Shown>(`/${id}`)).status, SOON).toBe('running')
}

it('a deployment whose slot is killed comes back by itself; killed again and again it fails, until its owner starts it', async () => {
  const { id } = await api<Shown>('', { method: 'POST', body: JSON.stringify({ name: 'mended', settings: { open: true } }) })
  await isRunning(id)
  for (let crashes = 1; crashes <= 5; crashes += 1) {
    await expect.poll(() => slotOf(id), SOON).toBeDefined()
    const pid = slotOf(id) ?? 0
    process.kill(pid, 'SIGKILL')
    await expect.poll(async () => (await typesOf(id)).filter((type) => type === 'InstanceLost').length, SOON).toBe(crashes)
    if (crashes < 5) await expect.poll(() => slotOf(id) ?? pid, SOON).not.toBe(pid)
    if (crashes < 5) await isRunning(id)
  }
  await expect.poll(async () => (await api<Shown>(`/${id}`)).status, SOON).toBe('failed')
  expect((await typesOf(id)).filter((type) => type === 'ClaimRequested')).toHaveLength(5)
  await api(`/${id}/start`, { method: 'POST' })
  await isRunning(id)
}, 180_000)
