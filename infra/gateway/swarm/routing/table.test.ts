import { beforeEach, describe, expect, test } from 'vitest'
import { routingTable, type RoutingTable } from './table.ts'
import type { Placed } from './tasks.ts'

const task = (taskId: string, more: Partial<Placed> = {}): Placed => ({
  taskId, functionId: 'echo.openfaas-fn', serviceId: 's1', slot: 1, node: 'n1', address: '10.0.1.5', state: 'running', createdAt: '2026-03-02T09:00:00.000000000Z', ...more,
})
const LATER = '2026-03-02T09:05:00.000000000Z'

let table: RoutingTable
beforeEach(() => void (table = routingTable(8080)))
const ids = (functionId = 'echo.openfaas-fn') => table.of(functionId).map(({ taskId }) => taskId)

describe('who can be called', () => {
  test('those that run, at their addresses; a list that says the same changes nothing', () => {
    expect(table.apply([task('a'), task('b', { slot: 2, address: '10.0.1.6' }), task('c', { functionId: 'other.openfaas-fn', serviceId: 's2' })])).toBe(true)
    expect(table.of('echo.openfaas-fn').map(({ taskId, host, port }) => [taskId, host, port])).toEqual([['a', '10.0.1.5', 8080], ['b', '10.0.1.6', 8080]])
    const before = table.of('echo.openfaas-fn')
    expect(table.apply([task('a'), task('b', { slot: 2, address: '10.0.1.6' }), task('c', { functionId: 'other.openfaas-fn', serviceId: 's2' })])).toBe(false)
    expect(table.of('echo.openfaas-fn')).toBe(before)
    expect([ids('other.openfaas-fn'), ids('none.openfaas-fn')]).toEqual([['c'], []])
  })

  test('a replica that stays is the same one, with its calls and connections', () => {
    table.apply([task('a')])
    const [replica] = table.of('echo.openfaas-fn')
    table.apply([task('a'), task('b', { slot: 2 })])
    expect(table.of('echo.openfaas-fn')[0]).toBe(replica)
  })

  test('not one without an address here, nor one that comes or starts', () => {
    table.apply([task('a', { address: null }), task('b', { state: 'coming' }), task('c', { state: 'starting' })])
    expect(ids()).toEqual([])
    expect(table.starting().map(({ taskId }) => taskId)).toEqual(['c'])
    expect([table.isExpected('echo.openfaas-fn'), table.isExpected('none.openfaas-fn')]).toEqual([true, false])
  })

  test('one that starts, once it says itself that it is ready, and through the lists that do not know yet', () => {
    table.apply([task('c', { state: 'starting' })])
    table.answers('c')
    expect(ids()).toEqual(['c'])
    table.apply([task('c', { state: 'starting' }), task('d', { slot: 2, state: 'coming' })])
    expect([ids(), table.starting()]).toEqual([['c'], []])
  })

  test('not one that ends, whatever an older list says; not those of a service that was removed', () => {
    table.apply([task('a'), task('b', { slot: 2 })])
    table.ends('a')
    expect(ids()).toEqual(['b'])
    table.apply([task('a'), task('b', { slot: 2 }), task('c', { slot: 3 })])
    expect(ids()).toEqual(['b', 'c'])
    table.removed('s1')
    table.apply([task('b', { slot: 2 }), task('x', { serviceId: 's2' })])
    expect(ids()).toEqual(['x'])
  })
})

describe('a rolling update', () => {
  const superseded = () => table.of('echo.openfaas-fn').filter(({ isSuperseded }) => isSuperseded).map(({ taskId }) => taskId)

  test('the one before is passed over from when its successor starts', () => {
    table.apply([task('a1'), task('b1', { slot: 2 }), task('a2', { createdAt: LATER, state: 'coming' })])
    expect(superseded()).toEqual([]) // an image may take minutes to come
    table.apply([task('a1'), task('b1', { slot: 2 }), task('a2', { createdAt: LATER, state: 'starting' })])
    expect(superseded()).toEqual(['a1'])
    table.apply([task('a1'), task('b1', { slot: 2 }), task('a2', { createdAt: LATER })])
    expect([ids(), superseded()]).toEqual([['a1', 'b1', 'a2'], ['a1']])
  })

  test('a successor that fails leaves the one before', () => {
    table.apply([task('a1'), task('a2', { createdAt: LATER, state: 'starting' })])
    table.apply([task('a1')])
    expect([ids(), superseded()]).toEqual([['a1'], []])
  })
})

test('who waits is told of every change', () => {
  let told = 0
  table.onChange(() => (told += 1))
  table.apply([task('a')])
  table.apply([task('a')])
  table.ends('a')
  expect(told).toBe(2)
})
