import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
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
  await sleep(60)
  expect(settled).toEqual(['a4 ack', 'a2 ack', 'a7 ack', 'a9 ack'])
})

test('a head that waits for its retry takes no place of the concurrency', async () => {
  const { push, settled } = lanesOf(async ({ key, attempt }) => (key === 'a' && attempt < 2 ? { verdict: 'retry', delayMs: 30, reason: '' } : ack), { concurrency: 1 })
  push('a', 1)
  push('b', 2)
  await sleep(10)
  expect(settled).toEqual(['b2 ack'])
  await sleep(50)
  expect(settled).toEqual(['b2 ack', 'a1 ack'])
})

test('a key with much to do lets others have their turn', async () => {
  const { push, settled } = lanesOf(async () => ack, { concurrency: 1 })
  for (const sequence of [1, 2, 3]) push('a', sequence)
  push('b', 4)
  await sleep(5)
  expect(settled.indexOf('b4 ack')).toBe(1)
})

test('a held key starts when it is let go', async () => {
  let held = true
  const { push, settled, lanes } = lanesOf(async () => ack, { held: (key) => held && key === 'a' })
  push('a', 1)
  push('b', 2)
  await sleep(5)
  expect(settled).toEqual(['b2 ack'])
  held = false
  lanes.start()
  await sleep(5)
  expect(settled).toEqual(['b2 ack', 'a1 ack'])
})

test('what is taken out is not handled; a head that was begun stays when only its followers are taken', async () => {
  const { push, settled, lanes } = lanesOf(async ({ message, attempt }) => (message === 'a1' && attempt < 3 ? { verdict: 'retry', delayMs: 20, reason: '' } : (await sleep(5), ack)))
  for (const sequence of [1, 2, 3]) push('a', sequence)
  for (const sequence of [4, 5]) push('b', sequence)
  await sleep(0)
  expect(lanes.look('a')).toMatchObject({ length: 3, head: { message: 'a1' }, isFailing: true })
  expect(lanes.look('b')).toMatchObject({ length: 2, isFailing: false })
  expect(lanes.failing()).toEqual(['a'])
  expect(lanes.take('a', 'followers').map(({ message }) => message)).toEqual(['a2', 'a3'])
  expect(lanes.take('b', 'waiting').map(({ message }) => message)).toEqual(['b5'])
  await sleep(100)
  expect(settled).toEqual(['b4 ack', 'a1 ack'])
  expect(lanes.look('a')).toBeUndefined()
})

test('cleared, it goes on only with what is being handled', async () => {
  const { push, settled, lanes } = lanesOf(async ({ key }) => (key === 'a' ? { verdict: 'retry', delayMs: 10, reason: '' } : (await sleep(10), ack)))
  for (const [key, sequence] of [['a', 1], ['b', 2], ['b', 3]] as const) push(key, sequence)
  await sleep(0)
  expect(lanes.clear().map(({ message }) => message)).toEqual(['b2'])
  await sleep(50)
  expect(settled).toEqual(['b2 ack'])
})

test('stopping starts nothing more and waits, but not for ever', async () => {
  const { push, settled, lanes } = lanesOf(async ({ key }) => (await sleep(key === 'slow' ? 10_000 : 20), ack))
  push('a', 1)
  push('a', 2)
  push('slow', 3)
  const begun = performance.now()
  await lanes.stop(100)
  expect(performance.now() - begun).toBeLessThan(500)
  expect(settled).toEqual(['a1 ack'])
})
