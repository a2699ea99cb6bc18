import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { instancesOf } from '../aggregates/instances.ts'
import { CLAIM_HEADER, claimHeader } from '../claim-secret.ts'
import { natsStorage } from '../credentials/client.ts'
import { lost } from '../../events/instance/decide.ts'
import type { InstanceEvent } from '../../events/instance/events.ts'
import type { NodeEvent } from '../../events/node/events.ts'
import { natsAgents } from './client.ts'
import type { Agents } from './port.ts'
import { isAlive, processStat } from './proc.ts'
import { reapSlots } from './reap.ts'
import { readRecords, slotsFolder, type SlotRecord } from './slot-records.ts'
import { beginInstance, newClaim, SIGNING_KEY, startGround, visit, type Ground } from './testing/agent.ts'
import { agentProcess } from './testing/agent-process.ts'

// The agent as the process that it is, with the real ONE Record server in its slots.
let ground: Ground
let agents: Agents
let agent: Awaited<ReturnType<typeof agentProcess>>

beforeAll(async () => {
  ground = await startGround()
  agents = await natsAgents(ground.connection)
})
afterAll(async () => {
  await agents.close()
  await ground.stop()
})
beforeEach(async () => {
  agent = await agentProcess(ground, 'node-p')
})
afterEach(() => agent.end())

const records = () => readRecords(slotsFolder(agent.dataDir))
const living = (all: readonly SlotRecord[]) => all.filter(({ pid, startTime }) => isAlive(pid, startTime))
const frozenPids = () => records().filter(({ pid }) => processStat(pid)?.state === 'T').map(({ pid }) => pid)
const spares = (count: number) => vi.waitFor(() => expect(agents.candidates('small').find(({ node }) => node === 'node-p')?.free['small']).toBe(count), 60_000)

/** One deployment awake, one frozen. */
const twoClaims = async () => {
  await spares(2)
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
  await agent.stop('SIGKILL')
  expect(await visit(atAwake.address, awake.claimId)).toMatchObject({ status: 200 })
  expect(frozenPids()).toHaveLength(3)

  await agent.restart()
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

test('what died while no agent watched is lost, awake, asleep or spare; what lives is adopted', async () => {
  const { awake, asleep, atAwake, atAsleep } = await twoClaims()
  const [living_, dying] = [newClaim(), newClaim()]
  const [atLiving, atDying] = [await agents.claim('node-p', living_), await agents.claim('node-p', dying)] // the two spares there are
  for (const [claim, at] of [[awake, atAwake], [asleep, atAsleep], [living_, atLiving], [dying, atDying]] as const) await beginInstance(ground, claim, at)
  expect(await agents.freeze('node-p', dying.claimId)).toMatchObject({ state: 'frozen' })
  await spares(2)
  const spare = records().find(({ claim }) => claim === null)
  await agent.stop('SIGKILL')
  const dead = records().filter(({ claim, slot }) => slot === spare?.slot || claim?.claimId === awake.claimId || claim?.claimId === dying.claimId)
  for (const { pid } of dead) process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(living(dead)).toEqual([]))

  await agent.restart()
  const newest = async (claimId: string) => (await ground.store.last<InstanceEvent>(`instance.${claimId}`))?.type
  const loss = { data: { reason: 'its process ended while no agent watched', cause: 'node', before: 'running' } }
  for (const { claimId } of [awake, dying]) await vi.waitFor(async () => expect(await ground.store.last(`instance.${claimId}`)).toMatchObject({ type: 'InstanceLost', ...loss }), 20_000)
  expect(await Promise.all([asleep, living_].map(({ claimId }) => newest(claimId)))).toEqual(['InstanceStarted', 'InstanceStarted'])
  expect(await visit(atLiving.address, living_.claimId)).toMatchObject({ status: 200 })
  expect(await agents.thaw('node-p', asleep.claimId)).toEqual(atAsleep)
  await expect(agents.thaw('node-p', awake.claimId)).rejects.toMatchObject({ code: 'CLAIM_UNKNOWN' })
  await vi.waitFor(async () => {
    const told = (await ground.store.read<NodeEvent>('node.node-p')).slice(-2)
    expect(told).toEqual(expect.arrayContaining([expect.objectContaining({ type: 'AgentStarted', data: expect.objectContaining({ adopted: 2 }) }), expect.objectContaining({ type: 'SlotLost' })]))
  }, 20_000)
  await vi.waitFor(() => expect(records().filter(({ ended }) => ended !== null)).toEqual([]), 20_000)
  expect(await agents.claims('node-p')).toMatchObject([asleep, living_].map(({ claimId, deploymentId }) => ({ claimId, deploymentId, state: 'running' })).toSorted((a, b) => (a.claimId < b.claimId ? -1 : 1)))
})

test('an agent that was silent for long does not serve what was given to others meanwhile', async () => {
  await agent.end()
  await agent.restart({ LEASE_SECONDS: '3' })
  const { awake, atAwake } = await twoClaims()
  await beginInstance(ground, awake, atAwake)
  agent.signal('SIGSTOP')
  await vi.waitFor(async () => expect(await visit(atAwake.address, awake.claimId)).toMatchObject({ status: 503 }), 20_000) // its lease has ended
  await instancesOf(ground.store).change(awake.claimId, (today) => lost('its node is gone', { at: new Date().toISOString(), cause: 'node' }, today), 'given up', { correlationId: 'c', actor: 'test' })
  agent.signal('SIGCONT')
  const answers: number[] = []
  await vi.waitFor(async () => {
    answers.push((await visit(atAwake.address, awake.claimId).catch(() => ({ status: 0 }))).status)
    expect(answers.at(-1)).toBe(0) // its slot is gone
  }, { timeout: 20_000, interval: 20 })
  expect(answers).not.toContain(200)
}, 60_000)

test('a fence deposes the slot that holds the record; only a later claim gets it', async () => {
  await spares(2)
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
  expect(await agent.stop('SIGTERM')).toBe(0)
  expect(living(before)).toEqual([])
  // written down until their loss is told by the next agent
  expect(new Map(records().map(({ claim, ended }) => [claim?.claimId, ended]))).toEqual(new Map([awake, asleep].map(({ claimId }) => [claimId, { reason: 'its node was stopped', cause: 'node' }])))
})

test('AGENT_STOP=keep keeps them, and the reaper ends them by pid', async () => {
  await agent.stop('SIGTERM')
  await agent.restart({ AGENT_STOP: 'keep' })
  await twoClaims()
  const before = records()
  expect(await agent.stop('SIGTERM')).toBe(0)
  expect(living(before)).toHaveLength(4)
  expect(await reapSlots(agent.dataDir)).toBe(4)
  expect(living(before)).toEqual([])
  expect(await reapSlots(agent.dataDir)).toBe(0)
})

test('the reaper leaves a process alone that only has the pid of a slot', async () => {
  const bystander = spawn('sleep', ['30'])
  const record: SlotRecord = { slot: 'gone', plan: 'small', pid: bystander.pid ?? 0, startTime: '1', control: join(agent.dataDir, 'gone.sock'), cgroup: null, claim: null, ended: null }
  writeFileSync(join(slotsFolder(agent.dataDir), 'gone.json'), JSON.stringify(record))
  await reapSlots(agent.dataDir)
  expect(processStat(record.pid)?.state).toBe('S')
  bystander.kill('SIGKILL')
})
