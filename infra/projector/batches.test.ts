import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batches } from './batches.ts'

async function* numbers(count: number, pause: (index: number) => Promise<unknown> = async () => {}) {
  for (let index = 0; index < count; index += 1) {
    await pause(index)
    yield index
  }
}
const collect = async <T>(source: AsyncIterable<T>, each: () => Promise<unknown> = async () => {}): Promise<T[]> => {
  const all: T[] = []
  for await (const item of source) {
    all.push(item)
    await each()
  }
  return all
}

test('everything arrives once, in order, in batches of at most the limit', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(200), fc.integer({ min: 1, max: 20 }), fc.nat(3), async (count, limit, slow) => {
    const got = await collect(batches(numbers(count, async (index) => (slow && index % 7 === 0 ? sleep(0) : undefined)), limit), async () => (slow === 2 ? sleep(0) : undefined))
    expect(got.flat()).toEqual(Array.from({ length: count }, (_, index) => index))
    expect(Math.max(0, ...got.map(({ length }) => length))).toBeLessThanOrEqual(limit)
  }), { numRuns: 60 })
})

test('one alone goes out at once, however long the next one takes', async () => {
  const [first] = [batches(numbers(2, (index) => (index === 1 ? new Promise(() => {}) : Promise.resolve())), 100)]
  expect(await first.next()).toEqual({ done: false, value: [0] })
})

test('while the receiver is busy the next ones gather', async () => {
  const got = await collect(batches(numbers(1_000), 100), () => sleep(1))
  expect(got.length).toBeLessThanOrEqual(12)
})

test('full ones are all as many as the limit, but for the last', async () => {
  const got = await collect(batches(numbers(95, (index) => (index % 3 === 0 ? sleep(0) : Promise.resolve())), 10, { full: true }))
  expect(got.map(({ length }) => length)).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 5])
  expect(got.flat()).toEqual(Array.from({ length: 95 }, (_, index) => index))
})

test('it reads at most the limit ahead', async () => {
  let read = 0
  const source = batches(numbers(1_000, async () => { read += 1 }), 10)
  await source.next()
  await sleep(5)
  expect(read).toBeLessThanOrEqual(12)
  await source.return(undefined)
})

test('what came before a failure arrives, then the failure', async () => {
  const source = batches(numbers(5, async (index) => { if (index === 3) throw new Error('broken') }), 10)
  const got: number[] = []
  await expect((async () => { for await (const batch of source) got.push(...batch) })()).rejects.toThrow('broken')
  expect(got).toEqual([0, 1, 2])
})

test('a receiver that stops ends the source', async () => {
  let ended = false
  async function* source() {
    try {
      for (let index = 0; ; index += 1) yield index
    } finally {
      ended = true
    }
  }
  for await (const batch of batches(source(), 3)) if (batch.includes(2)) break
  await sleep(1)
  expect(ended).toBe(true)
})
