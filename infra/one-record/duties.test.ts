import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { dutiesOf, type Duty } from './duties.ts'
import { memoryStore } from './testing/memory-store.ts'
import { openRecord, type AttachedRecord } from './store/record.ts'

const STORAGE = { endpoint: 'http://store.test', region: 'x', bucket: 'x', prefix: 'r/', accessKeyId: 'x', secretAccessKey: 'x', sessionToken: '', expiresAt: '2099-01-01T00:00:00Z' }
const complain = (error: unknown): void => { throw error }

let record: AttachedRecord
beforeEach(async () => {
  vi.useFakeTimers({ now: 1_000_000 })
  record = await openRecord({ epoch: 1, storage: STORAGE }, { genesis: async (tx) => tx.put('genesis', true), limit: { bytes: Infinity, reached: () => {} }, complain }, { openStore: memoryStore })
})
afterEach(() => vi.useRealTimers())

/** A duty that is due when its row says so; a run takes the row away. */
const rowDuty = (run: () => Promise<void> = async () => {}): Duty & { readonly runs: number[]; stopped: number } => {
  const runs: number[] = []
  return {
    name: 'the row', runs, stopped: 0,
    dueAt: async (reader) => (await reader.get<number>('due'))?.value ?? null,
    run: async () => {
      await run()
      runs.push(Date.now())
      await record.write(async (tx) => tx.delete('due'))
    },
    stop() { this.stopped += 1 },
  }
}
const owe = (at: number) => record.write(async (tx) => tx.put('due', at))

test('what is owed is done when it is due, not before, also when it was owed before the start', async () => {
  await owe(1_005_000)
  const duty = rowDuty()
  const duties = dutiesOf(record, [duty], complain)
  duties.start()
  await vi.advanceTimersByTimeAsync(4_000)
  expect([duty.runs, await duties.dueAt(), duties.busy()]).toEqual([[], 1_005_000, null])
  await vi.advanceTimersByTimeAsync(2_000)
  expect([duty.runs, await duties.dueAt()]).toEqual([[1_005_000], null])
  duties.stop()
})

test('what comes to be owed is looked at when it is said', async () => {
  const duty = rowDuty()
  const duties = dutiesOf(record, [duty], complain)
  duties.start()
  await vi.advanceTimersByTimeAsync(60_000)
  await owe(Date.now())
  duties.lookAgain()
  await vi.advanceTimersByTimeAsync(0)
  expect(duty.runs).toEqual([1_060_000])
  duties.stop()
})

test('while one is done it is busy; one at a time, and what was owed meanwhile is done after it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const duty = rowDuty(() => promise)
  const duties = dutiesOf(record, [duty], complain)
  await owe(0)
  duties.start()
  await vi.advanceTimersByTimeAsync(0)
  expect(duties.busy()).toBe('the row')
  duties.lookAgain()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(duty.runs).toEqual([])
  resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect([duty.runs.length, duties.busy()]).toEqual([1, null])
  duties.stop()
})

test('stopped, nothing is begun; started again, what fell due is done', async () => {
  await owe(1_005_000)
  const duty = rowDuty()
  const duties = dutiesOf(record, [duty], complain)
  duties.start()
  await vi.advanceTimersByTimeAsync(1_000)
  duties.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect([duty.runs, duty.stopped]).toEqual([[], 1])
  duties.start()
  await vi.advanceTimersByTimeAsync(0)
  expect(duty.runs).toHaveLength(1)
  duties.stop()
})

test('a run that fails is told of and tried again, at growing intervals', async () => {
  const heard: unknown[] = []
  let fails = 3
  const duty = rowDuty(async () => {
    fails -= 1
    if (fails >= 0) throw new Error('not now')
  })
  const duties = dutiesOf(record, [duty], (error) => heard.push(error))
  await owe(0)
  duties.start()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(heard).toHaveLength(3)
  expect(duty.runs).toEqual([1_007_000]) // after 1, 2 and 4 seconds
  duties.stop()
})

test('the earliest of several is what the platform hears', async () => {
  const at = (time: number | null): Duty => ({ name: 'x', dueAt: async () => time, run: async () => {}, stop: () => {} })
  expect(await dutiesOf(record, [at(5), at(null), at(3)], complain).dueAt()).toBe(3)
  expect(await dutiesOf(record, [at(null)], complain).dueAt()).toBeNull()
})
