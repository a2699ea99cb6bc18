import { expect, it } from 'vitest'
import { memoryEventStore } from '../event-store/memory.ts'
import { registry } from './registry.ts'
import { meteredStore } from './store.ts'

const reserved = (id: string, actor: string) => ({ id, type: 'NameReserved', data: { name: 'n', deploymentId: 'd', at: '2026-01-01T00:00:00.000Z' }, metadata: { correlationId: 'c', actor } })

const told = async (name: string): Promise<readonly object[]> => {
  const metric = (await registry.getMetricsAsJSON()).find((one) => one.name === name)
  return (metric?.values ?? []).filter((one) => !('metricName' in one) || one.metricName === `${name}_count`).map(({ labels, value }) => ({ ...labels, value }))
}

it('appends count by their outcome, events by type and decider, and what was written before is no event', async () => {
  const store = meteredStore(memoryEventStore())
  await store.append('name.n', [reserved('1', 'function:heal')], 'none')
  await store.append('name.n', [reserved('1', 'function:heal')], 'none')
  await expect(store.append('name.n', [reserved('2', 'operator')], 'none')).rejects.toMatchObject({ code: 'WRONG_EXPECTED_REVISION' })
  await expect(store.append('name.n', [{ ...reserved('3', 'operator'), type: 'Unknown' }], 'any')).rejects.toMatchObject({ code: 'UNKNOWN_EVENT' })
  await store.appendAll([{ stream: 'name.m', events: [reserved('4', 'agent:node-1'), reserved('5', 'agent:node-2')], expected: 'none' }])
  expect(await told('playground_append_seconds')).toEqual([
    { outcome: 'appended', value: 2 }, { outcome: 'duplicate', value: 1 }, { outcome: 'conflict', value: 1 }, { outcome: 'failed', value: 1 },
  ])
  expect(await told('playground_events_appended_total')).toEqual([{ type: 'NameReserved', actor: 'function:heal', value: 1 }, { type: 'NameReserved', actor: 'agent', value: 2 }])
})
