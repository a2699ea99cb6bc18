import { expect, it } from 'vitest'
import { isFailure } from '../../events/errors.ts'
import type { Room } from '../disk/room.ts'
import { event, freshStream } from './contract-fixtures.ts'
import { memoryEventStore } from './memory.ts'
import { withReserve } from './reserve.ts'

const NEW = { ...event(), type: 'NameReserved', data: { name: 'n', deploymentId: 'd', at: '2026-01-01T00:00:00.000Z' } }
const full = (error: unknown) => isFailure(error, 'STORAGE_FULL') && error.status === 507

it.each<readonly [Room, boolean, boolean]>([['ample', true, true], ['scarce', false, true], ['none', false, false]])('with room %s: what is new %s, what goes on %s; nothing of a refused write is stored', async (room, begins, goesOn) => {
  const store = withReserve(memoryEventStore(), () => room)
  const [stream, name] = [freshStream(), 'name.n' as const]
  const expectTaken = async (append: Promise<unknown>, taken: boolean) => {
    if (taken) await expect(append).resolves.toBeDefined()
    else await expect(append).rejects.toSatisfy(full)
  }
  await expectTaken(store.appendAll([{ stream, events: [event()], expected: 'none' }, { stream: name, events: [NEW], expected: 'none' }]), begins)
  expect([await store.read(stream), await store.read(name)].flat()).toHaveLength(begins ? 2 : 0)
  await expectTaken(store.append(stream, [event()], 'any'), goesOn)
})
