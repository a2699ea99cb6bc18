import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CatalogueError } from '../../../events/errors.ts'
import type { Hit } from '../../hits/port.ts'
import { logger } from '../../log.ts'
import type { Route } from '../../routes/port.ts'
import { routeTable, type RouteTable } from '../route-table.ts'
import { inFlight, type InFlight } from './in-flight.ts'
import type { Visitor } from './visitor.ts'
import { waitingRoom, type WaitingRoom } from './waiting-room.ts'
import { wakeQuota } from './wake-quota.ts'

const asleep: Route = { deploymentId: 'd', name: 'demo', claimId: 'd-1', state: 'asleep', address: null, reason: null, sequence: '1' }
const routed: Route = { ...asleep, state: 'routed', address: '127.0.0.1:1', sequence: '2' }

let table: RouteTable
let room: WaitingRoom
let hits: Hit[]
let waking: InFlight
let owner: string | null

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00.000Z') })
  table = routeTable()
  table.trust(Infinity)
  table.accept(asleep)
  hits = []
  owner = null
  waking = inFlight()
  room = waitingRoom({ table, waking, queue: 6, timeoutMs: 10_000, log: logger('waker', 'silent'), quota: wakeQuota(2), ownerOf: () => owner, hits: { publish: async (hit) => void hits.push(hit) } })
})
afterEach(() => vi.useRealTimers())

const visitor = (accepts = () => true) => {
  const gone: (() => void)[] = []
  const seen = { forwarded: [] as string[], refused: [] as string[], leave: () => gone.forEach((listener) => listener()) }
  const visitor: Visitor = {
    deploymentId: 'd', counted: 'd-1', traceparent: null, arrivedAt: Date.now(),
    forward: async ({ address }) => (seen.forwarded.push(address), accepts()),
    refuse: ({ code }: CatalogueError) => void seen.refused.push(code),
    onGone: (listener) => void gone.push(listener),
  }
  room.admit(visitor)
  return seen
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('the waiting room', () => {
  it('asks once for all who wait, with the arrival of the first, and again on a timer', async () => {
    const first = visitor()
    await pass(100)
    visitor()
    expect(hits).toEqual([{ deploymentId: 'd', claimId: 'd-1', since: '2026-01-01T00:00:00.000Z' }])
    await pass(200)
    expect(hits).toHaveLength(2)
    await pass(500)
    expect(hits).toHaveLength(3)
    table.accept(routed)
    expect(first.forwarded).toEqual(['127.0.0.1:1'])
    expect(room.waiting()).toBe(0)
    await pass(20_000)
    expect(hits).toHaveLength(3)
  })

  it('goes on for the rest when one goes away, and ends with the last', async () => {
    const [one, other] = [visitor(), visitor()]
    one.leave()
    await pass(300)
    expect(hits).toHaveLength(2)
    other.leave()
    await pass(20_000)
    expect(hits).toHaveLength(2)
    expect([...one.refused, ...other.refused]).toEqual([])
  })

  it('sends away who waited too long, each by its own time', async () => {
    const early = visitor()
    await pass(6_000)
    const late = visitor()
    await pass(4_000)
    expect([early.refused, late.refused]).toEqual([['NOT_AWAKE_IN_TIME'], []])
    await pass(6_000)
    expect(late.refused).toEqual(['NOT_AWAKE_IN_TIME'])
    const waits = hits.length
    visitor()
    expect(hits).toHaveLength(waits + 1) // the next wake begins anew
  })

  it('asks and tries again when the slot refuses, within the same time', async () => {
    table.accept(routed)
    let listens = false
    const seen = visitor(() => listens)
    await pass(0)
    expect([seen.forwarded.length, hits.length]).toEqual([1, 1])
    await pass(500)
    expect([seen.forwarded.length, hits.length]).toEqual([2, 2])
    listens = true
    await pass(1_000)
    expect([seen.forwarded.length, seen.refused.length, room.waiting()]).toEqual([3, 0, 0])
  })

  it('gives up on a slot that refuses for ever', async () => {
    table.accept(routed)
    const seen = visitor(() => false)
    await pass(11_000)
    expect(seen.refused).toEqual(['NOT_AWAKE_IN_TIME'])
    expect(waking.of('d-1').inFlight).toBe(0)
  })

  it('has room for half of all visitors per deployment', () => {
    const all = Array.from({ length: 4 }, () => visitor())
    expect(all.map(({ refused }) => refused)).toEqual([[], [], [], ['TOO_MANY_WAIT']])
  })

  it.each([['stopped', 'DEPLOYMENT_STOPPED'], ['failed', 'DEPLOYMENT_FAILED'], ['deleted', 'DEPLOYMENT_DELETED']] as const)('tells who waits that it is %s', (state, code) => {
    const seen = visitor()
    table.accept({ ...asleep, state, sequence: '2' })
    expect(seen.refused).toEqual([code])
  })

  it('sends all away when it closes', () => {
    const seen = visitor()
    room.close()
    expect([...seen.refused, ...visitor().refused]).toEqual(['BACKEND_UNAVAILABLE', 'BACKEND_UNAVAILABLE'])
  })
})

describe('a slot that serves before its route is written', () => {
  const awake = { deploymentId: 'd', claimId: 'd-1', address: '127.0.0.1:9' }

  it('gets who waits and who comes, with one hit for all, until the route is there', async () => {
    const waits = visitor()
    room.awake(awake)
    const comes = visitor()
    expect([waits.forwarded, comes.forwarded, hits.length]).toEqual([['127.0.0.1:9'], ['127.0.0.1:9'], 1])
    table.accept(routed)
    expect(visitor().forwarded).toEqual(['127.0.0.1:1'])
  })

  it('gets nobody any more once it is to be quiet, or a later event says that it sleeps', () => {
    room.awake(awake)
    table.quiesce('d', 'd-1', '1')
    expect([visitor().forwarded, hits.length]).toEqual([[], 1])
    room.awake(awake)
    table.accept({ ...asleep, sequence: '5' })
    expect(visitor().forwarded).toEqual([])
  })

  it('gets nobody when its claim is older than the one that is known, and those of a newer one', () => {
    table.accept({ ...asleep, claimId: 'd-7', sequence: '3' })
    const waits = visitor()
    room.awake({ ...awake, claimId: 'd-3' })
    expect(waits.forwarded).toEqual([])
    room.awake({ ...awake, claimId: 'd-12' })
    expect(waits.forwarded).toEqual(['127.0.0.1:9'])
  })

  it('is forgotten when it refuses: the visitor waits on', async () => {
    const waits = visitor(() => false)
    room.awake(awake)
    await pass(1)
    expect([waits.forwarded, room.waiting()]).toEqual([['127.0.0.1:9'], 1])
  })

  it('does not make a stopped deployment answer', () => {
    table.accept({ ...asleep, state: 'stopped', reason: 'enough', sequence: '4' })
    room.awake(awake)
    expect(visitor()).toMatchObject({ forwarded: [], refused: ['DEPLOYMENT_STOPPED'] })
  })
})

it('counts wakes against the quota of the owner, not visitors, and never those of a deployment that is routed', () => {
  owner = 'one'
  const [first, second] = [visitor(), visitor()]
  first.leave()
  second.leave()
  visitor().leave()
  expect(hits).toHaveLength(2)
  const third = visitor()
  expect(third.refused).toEqual(['WAKE_QUOTA_OF_OWNER'])
  table.accept(routed)
  table.trust(0) // no lease: it runs, and waits here all the same
  expect(visitor().refused).toEqual([])
})
