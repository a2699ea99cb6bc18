import { beforeEach, expect, test, vi } from 'vitest'
import { memoryHits } from '../hits/memory.ts'
import { logger } from '../log.ts'
import { holdClaim } from './held-claim.ts'
import { keepLeases } from './leases.ts'
import { sleep } from './sleep.ts'
import { fakeSlot } from './testing/slot.ts'

const NOW = Date.parse('2026-01-01T00:00:00.000Z')
const inMinutes = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString()
const access = (expiresAt: string) => ({ endpoint: 'http://s', region: 'r', bucket: 'b', prefix: 'demo/', accessKeyId: 'k', secretAccessKey: 's', sessionToken: 't', expiresAt })

let slot: ReturnType<typeof fakeSlot>
let waits: boolean
const mint = vi.fn()
const log = logger('agent', 'silent')

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setInterval', 'clearInterval'] })
  slot = fakeSlot()
  waits = false
  mint.mockReset().mockImplementation(async () => access(inMinutes(60)))
  return () => void vi.useRealTimers()
})

const held = (credentialsUntil: string) => holdClaim({ claimId: 'demo-3', deploymentId: 'demo', epoch: 3 }, slot, 'node-1', credentialsUntil)
const hits = memoryHits()
const sleeper = () => sleep({ node: 'node-1', runtime: { waiting: () => new Map(waits ? [[slot, { bytes: 1, connections: 0 }]] : []) }, credentials: { mint }, hits, hear: async () => {}, leaseUntil: () => NOW + 30_000, log })

test('a thaw reuses credentials that hold for more than five minutes', async () => {
  const one = held(inMinutes(6))
  await sleeper().freeze(one)
  await sleeper().thaw(one)
  expect(mint).not.toHaveBeenCalled()
  expect(slot.control.tell).toHaveBeenLastCalledWith({ verb: 'resume', epoch: 3, leaseUntil: NOW + 30_000 })
})

test('a thaw brings fresh ones when they hold for less', async () => {
  const one = held(inMinutes(4))
  await sleeper().freeze(one)
  await sleeper().thaw(one)
  expect(slot.control.tell).toHaveBeenLastCalledWith({ verb: 'resume', epoch: 3, leaseUntil: NOW + 30_000, storage: access(inMinutes(60)) })
  expect(one.credentialsUntil).toBe(Date.parse(inMinutes(60)))
})

test('without credentials it stays frozen, and a later thaw works', async () => {
  const one = held(inMinutes(4))
  await sleeper().freeze(one)
  mint.mockRejectedValueOnce(new Error('nobody mints'))
  await expect(sleeper().thaw(one)).rejects.toThrow('nobody mints')
  expect(one.state).toBe('frozen')
  expect(slot.thaw).not.toHaveBeenCalled()
  await sleeper().thaw(one)
  expect(one.state).toBe('running')
})

test('what waits after the freeze thaws it and asks for the route', async () => {
  waits = true
  const one = held(inMinutes(50))
  expect(await sleeper().freeze(one)).toEqual({ state: 'busy', reason: 'a request came while it was being frozen' })
  expect(one.state).toBe('running')
  expect(hits.hits.get('demo')).toEqual({ deploymentId: 'demo', claimId: 'demo-3', since: inMinutes(0) })
})

test('a slot that does not stop is busy and goes on', async () => {
  slot.freeze.mockRejectedValueOnce(new Error('did not stop'))
  const one = held(inMinutes(50))
  expect(await sleeper().freeze(one)).toMatchObject({ state: 'busy' })
  expect(slot.control.tell).toHaveBeenLastCalledWith(expect.objectContaining({ verb: 'resume' }))
})

test('a slot that does not answer is ended, and its claim unknown', async () => {
  slot.control.quiesce.mockRejectedValueOnce(new Error('the slot did not answer'))
  await expect(sleeper().freeze(held(inMinutes(50)))).rejects.toMatchObject({ code: 'CLAIM_UNKNOWN' })
  expect(slot.condemn).toHaveBeenCalledWith(expect.stringContaining('it did not answer'))
})

test('leases of running slots are confirmed; credentials are renewed before they lapse, of frozen slots too', async () => {
  const one = held(inMinutes(13))
  const leases = keepLeases({ claims: { held: () => [one] }, credentials: { mint }, leaseUntil: () => NOW + 30_000, probe: async () => {}, hear: async () => {}, everyMs: 60_000, log })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(slot.control.tell).toHaveBeenLastCalledWith({ verb: 'confirm', leaseUntil: NOW + 30_000 })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(slot.control.tell).toHaveBeenLastCalledWith({ verb: 'confirm', leaseUntil: NOW + 30_000, storage: access(inMinutes(60)) })
  expect(slot.control.tell).toHaveBeenCalledTimes(2)

  await sleeper().freeze(one)
  mint.mockImplementation(async () => access(inMinutes(120)))
  await vi.advanceTimersByTimeAsync(50 * 60_000)
  expect(slot.control.tell).toHaveBeenCalledTimes(2)
  expect(mint).toHaveBeenCalledTimes(2)
  await sleeper().thaw(one)
  expect(mint).toHaveBeenCalledTimes(2)
  expect(slot.control.tell).toHaveBeenLastCalledWith(expect.objectContaining({ verb: 'resume', storage: access(inMinutes(120)) }))
  leases.stop()
})
