import { vi } from 'vitest'
import type { SlotStatus } from '../../slot/control.ts'
import type { Remains, Slot } from '../runtime.ts'

const STATUS: SlotStatus = { state: 'serving', port: 1, claim: null, credentialsUntil: null, dueAt: null, inFlight: 0, report: null }

/** A slot that only remembers what it was told. */
export const fakeSlot = () => {
  const { promise: gone, resolve: end } = Promise.withResolvers<Remains | null>()
  const tell = vi.fn<Slot['control']['tell']>(async () => STATUS)
  const quiesce = vi.fn<Slot['control']['quiesce']>(async () => ({ state: 'quiet', dueAt: null, report: { usage: { objects: 0, bytes: 0 }, limited: [], erasures: [] } }))
  const slot = {
    id: 'slot-1', plan: 'small' as const, generation: null, address: '127.0.0.1:1', gone,
    control: { tell, quiesce, ended: gone.then(() => null), close: () => {} },
    freeze: vi.fn(async () => {}), thaw: vi.fn(),
    belongTo: vi.fn(), boundOutput: () => null,
    destroy: vi.fn(async () => end(null)),
    retire: vi.fn(async () => end(null)),
    condemn: vi.fn<Slot['condemn']>(async (reason) => end({ slot: 'slot-1', plan: 'small', owner: null, reason, cause: 'slot', output: [], forget: async () => {} })),
  } satisfies Slot
  return slot
}
