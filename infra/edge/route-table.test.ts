import { beforeEach, describe, expect, it } from 'vitest'
import type { Route } from '../routes/port.ts'
import { routeTable, type RouteTable } from './route-table.ts'

const routed = (sequence: number, part: Partial<Route> = {}): Route =>
  ({ deploymentId: 'd', name: 'demo', claimId: 'd-1', state: 'routed', address: '127.0.0.1:1', reason: null, sequence: String(sequence), ...part })

let table: RouteTable
let changes: string[]
const state = (id = 'd') => table.effective(id)?.state

beforeEach(() => {
  table = routeTable()
  table.trust(Infinity)
  changes = []
  table.onChange((id) => void changes.push(id))
})

describe('the route table', () => {
  it('takes newer routes only, and says so', () => {
    table.accept(routed(10))
    table.accept(routed(9, { state: 'asleep' }))
    table.accept(routed(10, { state: 'asleep' }))
    expect(state()).toBe('routed')
    expect(changes).toEqual(['d'])
  })

  it('routes nothing without trust', () => {
    table.accept(routed(1))
    table.trust(0)
    expect(table.effective('d')).toMatchObject({ state: 'asleep', address: null })
    table.trust(Infinity)
    expect(state()).toBe('routed')
    expect(changes).toEqual(['d', 'd', 'd'])
  })

  it('holds a quiesced claim back until it is restored', () => {
    table.accept(routed(1))
    table.quiesce('d', 'd-1')
    expect(state()).toBe('asleep')
    table.accept(routed(1))
    expect(state()).toBe('asleep')
    table.restore('d-1')
    expect(state()).toBe('routed')
  })

  it('holds it back until a route follows from something later than the wish to pause', () => {
    table.accept(routed(1))
    table.quiesce('d', 'd-1', '7')
    table.accept(routed(5))
    expect(state()).toBe('asleep')
    table.accept(routed(7))
    expect(state()).toBe('asleep')
    table.accept(routed(8))
    expect(state()).toBe('routed')
  })

  it('lets another claim of the deployment through', () => {
    table.accept(routed(1))
    table.quiesce('d', 'd-1', '7')
    table.accept(routed(2, { claimId: 'd-2' }))
    expect(state()).toBe('routed')
  })

  it('quiesces what it has not heard of yet', () => {
    table.quiesce('d', 'd-1', '7')
    table.accept(routed(5))
    expect(state()).toBe('asleep')
  })

  it('holds back a claim it hears of late, after its predecessor', () => {
    table.quiesce('d', 'd-2', '7')
    table.accept(routed(3))
    table.accept(routed(5, { claimId: 'd-2' }))
    expect(state()).toBe('asleep')
  })

  it('knows who holds a name: the newest that is not deleted', () => {
    table.accept(routed(1, { deploymentId: 'a' }))
    table.accept(routed(5, { deploymentId: 'a', state: 'deleted' }))
    expect(table.holder('demo')?.deploymentId).toBe('a')
    table.accept(routed(3, { deploymentId: 'b' }))
    expect(table.holder('demo')?.deploymentId).toBe('b')
    expect(table.holder('other')).toBeNull()
  })
})
