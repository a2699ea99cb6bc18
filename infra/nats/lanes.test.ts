import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { until } from '../event-store/contract-fixtures.ts'
import type { Verdict } from '../event-store/port.ts'
import { Lanes, type Work } from './lanes.ts'

const ack: Verdict = { verdict: 'ack' }
const lanesOf = (handle: (work: Work<string>) => Promise<Verdict>, options: { concurrency?: number; held?: (key: string) => boolean } = {}) => {
  const settled: string[] = []
  const lanes = new Lanes<string>({ concurrency: 64, handle, settle: ({ message }, { verdict }) => void settled.push(`${message} ${verdict}`), ...options })
  return { lanes, settled, push: (key: string, sequence: number) => lanes.push({ key, sequence, message: `${key}${sequence}`, attempt: 1 }) }
}

test('a work starts in the same tick in which it comes', () => {
  const started: string[] = []
  const { push } = lanesOf(async ({ message }) => (started.push(message), ack))
  push('a', 1)
  expect(started).toEqual(['a1'])
})

test('what comes late goes to its place, but never before what is being worked on', async () => {
  const { push, settled } = lanesOf(async () => (await sleep(5), ack))
  for (const sequence of [4, 9, 2, 7]) push('a', sequence)
  await until(() => settled.length === 4)
  expect(settled).toEqual(['a4 ack', 'a2 ack', 'a7 ack', 'a9 ack'])
})

test('a head that waits for its retry takes no place of the concurrency', async () => {
  const { push, settled } = lanesOf(async ({ key, attempt }) => (key === 'a' && attempt < 2 ? { verdict: 'retry', delayMs: 30, reason: '' } : ack), { concurrency: 1 })
  push('a', 1)
  push('b', 2)
  await until(() => settled.length === 2)
  expect(settled).toEqual(['b2 ack', 'a1 ack'])
})

test('a key with much to do lets others have their turn', async () => {
  const { push, settled } = lanesOf(async () => ack, { concurrency: 1 })
  for (const sequence of [1, 2, 3]) push('a', sequence)
  push('b', 4)
  await until(() => settled.length === 4)
  expect(settled.indexOf('b4 ack')).toBe(1)
})

test('a held key starts when it is let go', async () => {
  let held = true
  const { push, settled, lanes } = lanesOf(async () => ack, { held: (key) => held && key === 'a' })
  push('a', 1)
  push('b', 2)
  await until(() => settled.length === 1)
  expect(settled).toEqual(['b2 ack'])
  held = false
  lanes.start()
  await until(() => settled.length === 2)
  expect(settled).toEqual(['b2 ack', 'a1 ack'])
})

test('what is taken out is not handled; a head that was begun stays when only its followers are taken', async () => {
  let isFailing = true
  const { push, settled, lanes } = lanesOf(async ({ message }) => (message === 'a1' && isFailing ? { verdict: 'retry', delayMs: 20, reason: '' } : (await sleep(5), ack)))
  for (const sequence of [1, 2, 3]) push('a', sequence)
  await until(() => lanes.failing().length === 1)
  expect(lanes.look('a')).toMatchObject({ length: 3, head: { message: 'a1' }, isFailing: true })
  for (const sequence of [4, 5]) push('b', sequence)
  expect(lanes.look('b')).toMatchObject({ length: 2, isFailing: false })
  expect(lanes.take('a', 'followers').map(({ message }) => message)).toEqual(['a2', 'a3'])
  expect(lanes.take('b', 'waiting').map(({ message }) => message)).toEqual(['b5'])
  isFailing = false
  await until(() => settled.length === 2)
  expect(settled.toSorted()).toEqual(['a1 ack', 'b4 ack'])
  expect(lanes.look('a')).toBeUndefined()
})

test('cleared, it goes on only with what is being handled', async () => {
  const { push, settled, lanes } = lanesOf(async ({ key }) => (key === 'a' ? { verdict: 'retry', delayMs: 10, reason: '' } : (await sleep(10), ack)))
  push('a', 1)
  await until(() => lanes.failing().length === 1)
  for (const sequence of [2, 3]) push('b', sequence)
  expect(lanes.clear().map(({ message }) => message)).toEqual(['b2'])
  await lanes.stop(10_000)
  expect(settled).toEqual(['b2 ack'])
})

test('stopping starts nothing more and waits, but not for ever', async () => {
  const { push, settled, lanes } = lanesOf(async ({ key }) => (await sleep(key === 'slow' ? 60_000 : 20, undefined, { ref: false }), ack))
  push('a', 1)
  push('a', 2)
  push('slow', 3)
  await lanes.stop(1_000)
  expect(settled).toEqual(['a1 ack'])
})
