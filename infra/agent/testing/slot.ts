import { vi } from 'vitest'
import type { SlotStatus } from '../../slot/control.ts'
import type { Slot } from '../runtime.ts'

const STATUS: SlotStatus = { state: 'serving', port: 1, claim: null, credentialsUntil: null, dueAt: null, inFlight: 0 }

/** A slot that only remembers what it was told. */
export const fakeSlot = () => {
  const { promise: gone, resolve: end } = Promise.withResolvers<void>()
  const tell = vi.fn<Slot['control']['tell']>(async () => STATUS)
  const quiesce = vi.fn<Slot['control']['quiesce']>(async () => ({ state: 'quiet', dueAt: null }))
  const slot = {
    id: 'slot-1', plan: 'small', address: '127.0.0.1:1', gone,
    control: { tell, quiesce, ended: gone, close: () => {} },
    freeze: vi.fn(async () => {}), thaw: vi.fn(),
    destroy: vi.fn(async () => end()),
  } satisfies Slot
  return slot
}
