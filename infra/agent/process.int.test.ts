import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { CLAIM_HEADER, claimHeader } from '../claim-secret.ts'
import { natsStorage } from '../credentials/client.ts'
import { natsAgents } from './client.ts'
import type { Agents } from './port.ts'
import { isAlive, processStat } from './proc.ts'
import { reapSlots } from './reap.ts'
import { readRecords, slotsFolder, type SlotRecord } from './slot-records.ts'
import { newClaim, SIGNING_KEY, startGround, visit, type Ground } from './testing/agent.ts'

// The agent as the process that it is, with the real ONE Record server in its slots.
let ground: Ground
let agents: Agents
let dataDir: string
let agent: ChildProcess

beforeAll(async () => {
  ground = await startGround()
  agents = await natsAgents(ground.connection)
})
afterAll(async () => {
  await agents.close()
  await ground.stop()
})
beforeEach(async () => {
  dataDir = mkdtempSync(join(ground.folder, 'data-'))
  mkdirSync(join(dataDir, 'secrets'))
  writeFileSync(join(dataDir, 'secrets', 'signing-key'), SIGNING_KEY)
  agent = await begin()
})
afterEach(async () => {
  if (agent.exitCode === null && agent.signalCode === null) await stop('SIGKILL')
  await reapSlots(dataDir)
})

const begin = async (changes: Readonly<Record<string, string>> = {}): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LOG_LEVEL: 'info', DATA_DIR: dataDir, SECRETS_DIR: join(dataDir, 'secrets'), NATS_URL: ground.nats.url, NODE_NAME: 'node-p', SPARE_SLOTS: '2', ...changes },
  })
  for await (const line of createInterface(child.stderr)) if (line.includes('"ready":true')) break
  child.stderr.resume()
  return child
}
const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
  const ended = once(agent, 'exit')
  agent.kill(signal)
  const [code] = await ended
  return code
}
const records = () => readRecords(slotsFolder(dataDir))
const living = (all: readonly SlotRecord[]) => all.filter(({ pid, startTime }) => isAlive(pid, startTime))
const frozenPids = () => records().filter(({ pid }) => processStat(pid)?.state === 'T').map(({ pid }) => pid)
const spares = (count: number) => vi.waitFor(() => expect(agents.candidates('small').find(({ node }) => node === 'node-p')?.free['small']).toBe(count), 10_000)

/** One deployment awake, one frozen. */
const twoClaims = async () => {
  const [awake, asleep] = [newClaim(), newClaim()]
  const atAwake = await agents.claim('node-p', awake)
  const atAsleep = await agents.claim('node-p', asleep)
  expect(await agents.freeze('node-p', asleep.claimId)).toMatchObject({ state: 'frozen' })
  await spares(2)
  return { awake, asleep, atAwake, atAsleep }
}

test('a killed agent leaves its slots to the next one, frozen ones too', async () => {
  const { awake, asleep, atAwake, atAsleep } = await twoClaims()
  const before = records()
  await stop('SIGKILL')
  expect(await visit(atAwake.address, awake.claimId)).toMatchObject({ status: 200 })
  expect(frozenPids()).toHaveLength(3)

  agent = await begin()
  await spares(2)
  expect(living(before)).toHaveLength(4)
  expect(new Set(records().map(({ pid }) => pid))).toEqual(new Set(before.map(({ pid }) => pid)))
  expect(frozenPids()).toHaveLength(3) // two spares and the sleeping one, as before
  expect(await agents.claim('node-p', awake)).toEqual(atAwake)
  expect(await agents.thaw('node-p', asleep.claimId)).toEqual(atAsleep)
  expect(await visit(atAsleep.address, asleep.claimId)).toMatchObject({ status: 200 })
  expect(await agents.freeze('node-p', awake.claimId)).toMatchObject({ state: 'frozen' })
  expect(await agents.release('node-p', awake.claimId, { force: false })).toMatchObject({ state: 'released' })
})

test('a fence deposes the slot that holds the record; only a later claim gets it', async () => {
  const claim = newClaim({ epoch: 3 })
  const { address } = await agents.claim('node-p', claim)
  await natsStorage(ground.connection).fence(claim.deploymentId, 5)
  const piece = { '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece' }
  const answer = await fetch(`http://${address}/logistics-objects`, {
    method: 'POST', body: JSON.stringify(piece), headers: { 'content-type': 'application/ld+json', [CLAIM_HEADER]: claimHeader(SIGNING_KEY, claim.claimId) },
  })
  expect(answer.status).toBe(503)
  await vi.waitFor(() => expect(agents.thaw('node-p', claim.claimId)).rejects.toMatchObject({ code: 'CLAIM_UNKNOWN' }), 3_000)
  await expect(agents.claim('node-p', claim)).rejects.toMatchObject({ code: 'CLAIM_SUPERSEDED' })
  const later = newClaim({ deploymentId: claim.deploymentId, epoch: 6 })
  expect(await visit((await agents.claim('node-p', later)).address, later.claimId)).toMatchObject({ status: 200 })
  await natsStorage(ground.connection).fence(claim.deploymentId, 7, { tombstone: true })
  await expect(agents.claim('node-p', newClaim({ deploymentId: claim.deploymentId, epoch: 8 }))).rejects.toMatchObject({ code: 'CLAIM_SUPERSEDED' })
})

test('an agent that ends in order ends its slots, frozen ones too', async () => {
  const { awake, asleep } = await twoClaims()
  const before = records()
  expect(living(before)).toHaveLength(4)
  expect(await stop('SIGTERM')).toBe(0)
  expect(living(before)).toEqual([])
  // written down until their loss is told by the next agent
  expect(new Map(records().map(({ claim, ended }) => [claim?.claimId, ended]))).toEqual(new Map([awake, asleep].map(({ claimId }) => [claimId, { reason: 'its node was stopped', cause: 'node' }])))
})

test('AGENT_STOP=keep keeps them, and the reaper ends them by pid', async () => {
  await stop('SIGTERM')
  agent = await begin({ AGENT_STOP: 'keep' })
  await twoClaims()
  const before = records()
  expect(await stop('SIGTERM')).toBe(0)
  expect(living(before)).toHaveLength(4)
  expect(await reapSlots(dataDir)).toBe(4)
  expect(living(before)).toEqual([])
  expect(await reapSlots(dataDir)).toBe(0)
})

test('the reaper leaves a process alone that only has the pid of a slot', async () => {
  const bystander = spawn('sleep', ['30'])
  const record: SlotRecord = { slot: 'gone', plan: 'small', pid: bystander.pid ?? 0, startTime: '1', control: join(dataDir, 'gone.sock'), cgroup: null, claim: null, ended: null }
  writeFileSync(join(slotsFolder(dataDir), 'gone.json'), JSON.stringify(record))
  await reapSlots(dataDir)
  expect(processStat(record.pid)?.state).toBe('S')
  bystander.kill('SIGKILL')
})
