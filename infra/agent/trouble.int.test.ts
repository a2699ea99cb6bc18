import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { CLAIM_HEADER, claimHeader } from '../claim-secret.ts'
import { instancesOf } from '../aggregates/instances.ts'
import type { RecordedEvent } from '../../events/envelope.ts'
import type { InstanceEvent } from '../../events/instance/events.ts'
import { cgroupFreezer } from './cgroup-freezer.ts'
import { isAlive } from './proc.ts'
import { reapSlots } from './reap.ts'
import { readRecords, slotsFolder } from './slot-records.ts'
import { beginInstance, newClaim, SIGNING_KEY, startGround, startTestAgent, visit, type Ground } from './testing/agent.ts'

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

const begin = async (settings: Parameters<typeof startTestAgent>[1] = {}) => {
  one = await startTestAgent(ground, settings)
  const { agents, ...rest } = one
  const free = () => agents.candidates('small')[0]?.free['small']
  const spares = (count: number) => vi.waitFor(() => expect(free()).toBe(count), 10_000)
  await spares(settings.SPARE_SLOTS ?? 1)
  const claimNew = async (changes = {}) => {
    const claim = newClaim(changes)
    const claimed = await agents.claim('node-t', claim)
    return { claim, claimed, ...claimed }
  }
  return { agents, spares, claimNew, ...rest }
}
/** What history says of a claim, once it says that it was lost. */
const lossOf = async (claimId: string): Promise<RecordedEvent<InstanceEvent>> => {
  const newest = async () => (await instancesOf(ground.store).current(claimId))?.event
  return vi.waitFor(async () => {
    const event = await newest()
    if (event?.type !== 'InstanceLost') throw new Error(`${claimId} is ${event?.type ?? 'nothing'}`)
    return event
  }, 40_000)
}
/** A keep-alive connection as the edge holds it. */
const edgeTo = async (address: string, claimId: string) => {
  const [host, port] = address.split(':')
  const socket: Socket = connect(Number(port), host)
  await once(socket, 'connect')
  const ask = async () => {
    socket.write(`GET / HTTP/1.1\r\nhost: demo\r\n${CLAIM_HEADER}: ${claimHeader(SIGNING_KEY, claimId)}\r\n\r\n`)
    return String((await once(socket, 'data'))[0])
  }
  return { socket, ask }
}

test('bytes on an idle connection thaw a frozen slot; the end of one does not', async () => {
  const { agents, claimNew, hits } = await begin()
  const { claim, address } = await claimNew()
  const [staying, going] = await Promise.all([edgeTo(address, claim.claimId), edgeTo(address, claim.claimId)])
  expect(await staying.ask()).toContain('200 OK')
  expect(await going.ask()).toContain('200 OK')
  await vi.waitFor(async () => expect(await agents.freeze('node-t', claim.claimId)).toMatchObject({ state: 'frozen' }))
  going.socket.end()
  await sleep(2_200) // two looks
  expect(hits.hits.has(claim.deploymentId)).toBe(false)
  expect(await staying.ask()).toContain('200 OK')
  expect(hits.hits.has(claim.deploymentId)).toBe(true)
  staying.socket.destroy()
})

test('a WebSocket keeps it awake', async () => {
  const { agents, claimNew } = await begin()
  const { claim, address } = await claimNew()
  const socket = new WebSocket(`ws://${address}/`, { headers: { [CLAIM_HEADER]: claimHeader(SIGNING_KEY, claim.claimId) } })
  await once(socket, 'open')
  expect(await agents.freeze('node-t', claim.claimId)).toMatchObject({ state: 'busy' })
  expect(socket.readyState).toBe(WebSocket.OPEN)
  socket.terminate()
  await vi.waitFor(async () => expect(await agents.freeze('node-t', claim.claimId)).toMatchObject({ state: 'frozen' }))
})

test('a slot that dies is lost, unknown, and replaced; its route waits for a visitor', async () => {
  const { agents, claimNew, spares } = await begin()
  const { claim, claimed, address } = await claimNew()
  await beginInstance(ground, claim, claimed)
  const { body } = await visit(address, claim.claimId)
  process.kill(body.pid ?? 0, 'SIGKILL')
  const loss = await lossOf(claim.claimId)
  expect(loss).toMatchObject({ data: { reason: 'its process was ended by SIGKILL', cause: 'slot', before: 'running', instance: { status: 'lost', node: null, slot: null, address: null } }, metadata: { actor: 'agent:node-t' } })
  await vi.waitFor(async () => expect(await ground.routes.get(claim.deploymentId)).toMatchObject({ claimId: claim.claimId, state: 'asleep', sequence: loss.position }))
  await expect(agents.thaw('node-t', claim.claimId)).rejects.toMatchObject({ code: 'CLAIM_UNKNOWN' })
  await spares(1)
  expect((await agents.claim('node-t', claim)).address).not.toBe(address) // asked for again, it is claimed again
})

test('a slot that dies while it is released is released, and was lost', async () => {
  const { agents, claimNew } = await begin()
  const { claim, claimed, address } = await claimNew()
  await beginInstance(ground, claim, claimed)
  const pid = (await visit(address, claim.claimId)).body.pid ?? 0
  process.kill(pid, 'SIGSTOP') // it hears the question, and dies over it
  const released = agents.release('node-t', claim.claimId, { force: false })
  await sleep(100)
  process.kill(pid, 'SIGKILL')
  expect(await released).toEqual({ state: 'released', dueAt: null })
  expect((await lossOf(claim.claimId)).type).toBe('InstanceLost')
})

test('a deposed slot answers nobody and is lost', async () => {
  const { claimNew } = await begin()
  const { claim, claimed, address } = await claimNew()
  await beginInstance(ground, claim, claimed)
  await expect(visit(address, claim.claimId, '/depose')).rejects.toThrow()
  expect(await lossOf(claim.claimId)).toMatchObject({ data: { reason: 'its process ended with code 3' } })
  await expect(visit(address, claim.claimId)).rejects.toThrow()
})

test('without an agent that confirms its lease a slot stops answering', async () => {
  const { agent, claimNew } = await begin({ LEASE_SECONDS: 2 })
  const { claim, address } = await claimNew()
  await sleep(2_500)
  expect(await visit(address, claim.claimId)).toMatchObject({ status: 200 }) // confirmed meanwhile
  await agent.stop()
  expect(await visit(address, claim.claimId)).toMatchObject({ status: 200 })
  await sleep(2_100)
  expect(await visit(address, claim.claimId)).toMatchObject({ status: 503, body: { code: 'SLOT_UNAVAILABLE' } })
})

test('when all slots are claimed the next claim is refused, until one is released', async () => {
  const { agents, claimNew, spares } = await begin({ MAX_SLOTS: 2 })
  const { claim } = await claimNew()
  await spares(1)
  await claimNew()
  await expect(claimNew()).rejects.toMatchObject({ code: 'NO_SLOT_FREE', details: { retryAfterSeconds: 2 } })
  await agents.release('node-t', claim.claimId, { force: true })
  await claimNew()
})

test('more claims at once than spares are all served', async () => {
  const { claimNew } = await begin({ MAX_SLOTS: 10 })
  const all = await Promise.all(Array.from({ length: 5 }, () => claimNew()))
  expect(new Set(all.map(({ address }) => address)).size).toBe(5)
})

test('a claim that cannot attach costs its slot, not the next claim', async () => {
  const { agents, claimNew } = await begin()
  const refused = newClaim({ name: 'refused' })
  await expect(agents.claim('node-t', refused)).rejects.toMatchObject({ code: 'AGENT_UNAVAILABLE' })
  await claimNew()
  await expect(agents.thaw('node-t', refused.claimId)).rejects.toMatchObject({ code: 'CLAIM_UNKNOWN' })
})

test('it works on after the broker was killed and has forgotten its memory', async () => {
  const { agents, claimNew, spares } = await begin({ MAX_SLOTS: 10 })
  const { claim, address } = await claimNew()
  expect(await agents.freeze('node-t', claim.claimId)).toMatchObject({ state: 'frozen' })
  await ground.nats.restart()
  await vi.waitFor(() => agents.thaw('node-t', claim.claimId), 15_000)
  expect(await visit(address, claim.claimId)).toMatchObject({ status: 200 })
  await spares(1)
  await sleep(6_000) // longer than an old heartbeat counts
  await spares(1)
  await claimNew()
})

test('a node that nobody hears of lets its leases end, and serves again as soon as it is heard', async () => {
  const { claimNew } = await begin({ LEASE_SECONDS: 3 })
  const { claim, address } = await claimNew()
  await ground.nats.kill()
  expect(await visit(address, claim.claimId)).toMatchObject({ status: 200 })
  await sleep(3_100)
  expect(await visit(address, claim.claimId)).toMatchObject({ status: 503 })
  await ground.nats.restart()
  const begun = performance.now()
  await vi.waitFor(async () => expect(await visit(address, claim.claimId)).toMatchObject({ status: 200 }), 10_000)
  expect(performance.now() - begun).toBeLessThan(3_000)
})

const cgroups = cgroupFreezer('test')
test.skipIf(!cgroups)('slots are frozen by cgroup as well, and reaped from it', async () => {
  const { agents, claimNew, dataDir, agent } = await begin(cgroups ? { freezers: cgroups } : {})
  const { claim, address } = await claimNew()
  for (let round = 0; round < 10; round++) {
    expect(await agents.freeze('node-t', claim.claimId)).toMatchObject({ state: 'frozen' })
    await agents.thaw('node-t', claim.claimId)
    expect(await visit(address, claim.claimId)).toMatchObject({ status: 200 })
  }
  await agents.freeze('node-t', claim.claimId)
  await vi.waitFor(() => expect(readRecords(slotsFolder(dataDir)).length).toBeGreaterThan(1), 10_000) // the claimed one and its spare
  await agent.stop()
  const records = readRecords(slotsFolder(dataDir))
  await reapSlots(dataDir)
  expect(records.filter(({ pid, startTime }) => isAlive(pid, startTime))).toEqual([])
})
