import { expect, it } from 'vitest'
import { memoryEventStore } from '../event-store/memory.ts'
import { inTrace } from './current.ts'
import { tracedStore } from './store.ts'
import { parseTraceparent } from './trace-context.ts'

const REQUEST = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const OTHER = '00-1bf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const reserved = (id: string, traceparent?: string) => ({
  id, type: 'NameReserved', data: { name: id, deploymentId: 'd', at: '2026-01-01T00:00:00.000Z' }, metadata: { correlationId: 'c', actor: 'test', ...(traceparent ? { traceparent } : {}) },
})

it('every event carries a trace: its own, else that of what goes on, else a new one', async () => {
  const store = memoryEventStore()
  const traced = tracedStore(store)
  await inTrace({ traceparent: OTHER }, () => traced.append('name.own', [reserved('own', REQUEST)], 'none'))
  await inTrace({ traceparent: OTHER }, () => traced.appendAll([{ stream: 'name.around', events: [reserved('around')], expected: 'none' }]))
  await traced.append('name.new', [reserved('new')], 'none')
  await traced.append('name.wrong', [reserved('wrong', '00-nonsense')], 'none')
  const carried = async (name: string) => (await store.last(`name.${name}`))?.metadata.traceparent
  expect([await carried('own'), await carried('around')]).toEqual([REQUEST, OTHER])
  for (const name of ['new', 'wrong']) expect(parseTraceparent(await carried(name))).not.toBeNull()
})
