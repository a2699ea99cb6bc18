import { expect, it } from 'vitest'
import { memoryEventStore } from '../event-store/memory.ts'
import { registry } from '../metrics/registry.ts'
import { measureProjector } from './metrics.ts'
import type { ProjectionStatus } from './run.ts'

it('a read model\'s lag is what it has yet to apply of its own categories, and as old as the oldest of it; who stands by tells none', async () => {
  let time = Date.now() - 60_000
  const store = memoryEventStore(() => new Date(time))
  const reserve = async (name: string) => {
    const data = { name, deploymentId: 'd', at: new Date(time).toISOString() }
    return (await store.append(`name.${name}`, [{ type: 'NameReserved', data, id: name, metadata: { correlationId: 'c', actor: 'test' } }], 'none')).position
  }
  const first = await reserve('one')
  await reserve('two')
  time += 50_000
  const last = await reserve('three')

  let statuses: readonly ProjectionStatus[] = []
  const at = (position: string | null, state: ProjectionStatus['state'] = 'live'): readonly ProjectionStatus[] => [{ name: 'names', version: 1, state, position, reason: null }]
  measureProjector({ store, projector: { status: () => statuses }, projections: [{ name: 'names', categories: ['name'] }] })
  const told = async (): Promise<readonly (number | undefined)[]> => {
    const metrics = await registry.getMetricsAsJSON()
    return ['events', 'seconds'].map((unit) => metrics.find(({ name }) => name === `playground_projection_lag_${unit}`)?.values[0]?.value)
  }
  statuses = at(first)
  expect(await told()).toEqual([2, expect.closeTo(60, -1)])
  statuses = at(last)
  expect(await told()).toEqual([0, 0])
  statuses = at(first, 'standby')
  expect(await told()).toEqual([undefined, undefined])
})
