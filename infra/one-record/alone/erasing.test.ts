import { expect, test, vi } from 'vitest'
import type { RewritableStore } from '../../credentials/redact/redact.ts'
import type { PendingErasure } from '../../slot/port.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { eraseWhatIsPending } from './erasing.ts'

/** A store without an index or commits, whose listing fails so often. */
const storeThatFails = (times: number): RewritableStore => {
  let left = times
  const store: Pick<ObjectStore, 'list' | 'closeSockets'> = { list: async () => [], closeSockets: () => {} }
  const lastCommit = async (): Promise<number> => {
    if (left-- > 0) throw new Error('403 AccessDenied')
    return 0
  }
  return { store: store as ObjectStore, lastCommit, keysBelow: async function* () {}, read: async () => null, overwrite: async () => {}, deleteOlder: async () => 0, delete: async () => false }
}

test('what could not be carried out is said each time and tried again, and told once when it is done', async () => {
  const stop = new AbortController()
  let pending: readonly PendingErasure[] = [{ id: 'e', object: 'o', commit: 7 }]
  const erased: string[] = []
  const complaints: unknown[] = []
  const application = {
    report: () => ({ usage: { objects: 0, bytes: 0 }, limited: [], erasures: pending }),
    erased: async (id: string) => {
      erased.push(id)
      pending = []
    },
  }
  const running = eraseWhatIsPending(application, { prefix: 'record/', rights: storeThatFails(2), complain: (error) => complaints.push(error), signal: stop.signal }, { eachMs: 1, againMs: 1 })
  await vi.waitUntil(() => erased.length > 0, { timeout: 30_000, interval: 1 })
  stop.abort()
  await running
  expect([complaints.length, erased]).toEqual([2, ['e']])
})
