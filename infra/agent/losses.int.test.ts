import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { RecordedEvent } from '../../events/envelope.ts'
import type { InstanceEvent } from '../../events/instance/events.ts'
import type { NodeEvent } from '../../events/node/events.ts'
import { instancesOf } from '../aggregates/instances.ts'
import { readRecords, slotsFolder } from './slot-records.ts'
import { beginInstance, newClaim, startGround, startTestAgent, visit, type Ground } from './testing/agent.ts'

// What becomes of slots that die, hang, lie or print without end; and of their loss when nobody can hear of it.
let ground: Ground
let one: Awaited<ReturnType<typeof startTestAgent>> | null = null

beforeAll(async () => {
  ground = await startGround()
})
afterAll(() => ground.stop())
afterEach(async () => {
  await one?.end()
  one = null
})

const LONG = { timeout: 60_000, interval: 50 }

const begin = async (settings: Parameters<typeof startTestAgent>[1] = {}) => {
  one = await startTestAgent(ground, { NODE_NAME: 'node-l', MAX_SLOTS: 12, ...settings })
  return one
}
const claimNew = async ({ agents, node }: Awaited<ReturnType<typeof startTestAgent>>) => {
  const claim = newClaim()
  const claimed = await agents.claim(node, claim)
  await beginInstance(ground, claim, claimed)
  const { body } = await visit(claimed.address, claim.claimId)
  return { claim, claimed, pid: body.pid ?? 0, ask: (path: string) => visit(claimed.address, claim.claimId, path) }
}
const newestOf = async (claimId: string): Promise<RecordedEvent<InstanceEvent> | undefined> => (await instancesOf(ground.store).current(claimId))?.event
const lossOf = (claimId: string) =>
  vi.waitFor(async () => {
    const event = await newestOf(claimId)
    expect(event?.type).toBe('InstanceLost')
    return event
  }, LONG)
const recordsOf = (dataDir: string) => readRecords(slotsFolder(dataDir))
const claimsOnDisk = (dataDir: string) => recordsOf(dataDir).flatMap(({ claim }) => claim?.claimId ?? [])

test('one that crashes says why, and what it wrote last, but no secret', async () => {
  const { claim, ask } = await claimNew(await begin())
  await ask('/crash')
  const loss = await lossOf(claim.claimId)
  expect(loss).toMatchObject({ data: { reason: 'its process ended with code 1', cause: 'slot', before: 'running', logTail: expect.arrayContaining(['(a line that may hold a secret)', 'Error: out of cheese']) as string[] } })
  expect(JSON.stringify(loss)).not.toContain('abc')
  await vi.waitFor(() => expect(claimsOnDisk(one?.dataDir ?? '')).toEqual([]), LONG) // its loss is told: nothing of it is kept
})

test('one that hangs is lost when its lease has ended', async () => {
  const { claim, ask } = await claimNew(await begin({ LEASE_SECONDS: 3 }))
  ask('/hang').catch(() => {})
  expect(await lossOf(claim.claimId)).toMatchObject({ data: { reason: expect.stringContaining('it did not answer until its lease ended') as string } })
}, 90_000)

test('one that says it serves and does not is lost when its lease has ended', async () => {
  const { claim, ask } = await claimNew(await begin({ LEASE_SECONDS: 3 }))
  await ask('/lie')
  await expect(ask('/')).rejects.toThrow()
  expect(await lossOf(claim.claimId)).toMatchObject({ data: { reason: expect.stringMatching(/it did not answer until its lease ended: .*ECONNREFUSED/) as string } })
}, 90_000)

test('one that prints without end is lost, and has not filled the disk', async () => {
  const { dataDir, ...rest } = await begin({ LEASE_SECONDS: 3 })
  const { claim, ask } = await claimNew({ dataDir, ...rest })
  let largest = 0
  const folder = slotsFolder(dataDir)
  const watch = setInterval(() => {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.log'))) largest = Math.max(largest, statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0)
  }, 20)
  await ask('/flood')
  const loss = await lossOf(claim.claimId)
  clearInterval(watch)
  expect(loss).toMatchObject({ data: { reason: expect.stringContaining('it flooded its output') as string, logTail: [expect.stringMatching(/^x{300}$/)] } })
  expect(largest).toBeLessThanOrEqual(8 * 1024 * 1024)
}, 90_000)

test('one that dies while the broker is away is told when that is back', async () => {
  const { claim, pid } = await claimNew(await begin())
  await ground.nats.kill()
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(recordsOf(one?.dataDir ?? '').find((record) => record.claim?.claimId === claim.claimId)?.ended).toMatchObject({ cause: 'slot' }), LONG)
  await ground.nats.restart()
  expect(await lossOf(claim.claimId)).toMatchObject({ data: { reason: 'its process was ended by SIGKILL' } })
}, 90_000)

test('and is told by the next agent, once, when this one dies as well', async () => {
  const first = await begin()
  const { claim, pid } = await claimNew(first)
  await ground.nats.kill()
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(recordsOf(first.dataDir).find((record) => record.claim?.claimId === claim.claimId)?.ended).toMatchObject({ cause: 'slot' }), LONG)
  await first.agent.stop()
  await ground.nats.restart()
  one = await startTestAgent(ground, { NODE_NAME: 'node-l', dataDir: first.dataDir })
  expect(await lossOf(claim.claimId)).toMatchObject({ data: { reason: 'its process was ended by SIGKILL', cause: 'slot' } })
  await vi.waitFor(() => expect(claimsOnDisk(first.dataDir)).toEqual([]), LONG)
  await first.agents.close()
  await first.connection.close()
}, 90_000)

test('a spare that dies is told as well, of its node', async () => {
  const { dataDir, agents } = await begin({ NODE_NAME: 'node-s', SPARE_SLOTS: 1 })
  await vi.waitFor(() => expect(agents.candidates('small').find(({ node }) => node === 'node-s')?.free['small']).toBe(1), LONG)
  const [spare] = recordsOf(dataDir)
  process.kill(spare?.pid ?? 0, 'SIGKILL')
  await vi.waitFor(async () => {
    const told = await ground.store.read<NodeEvent>('node.node-s')
    expect(told).toMatchObject([{ type: 'AgentStarted' }, { type: 'SlotLost', data: { slot: spare?.slot, plan: 'small', reason: 'its process was ended by SIGKILL' } }])
  }, LONG)
})
