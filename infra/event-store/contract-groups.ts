import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { randomId } from '../ids.ts'
import { event, events, freshStream, idsOf, until, type Opened } from './contract-fixtures.ts'
import type { Delivered, GroupOptions, Verdict } from './port.ts'

const ack: Verdict = { verdict: 'ack' }
const retry = (delayMs = 20, counted = true): Verdict => ({ verdict: 'retry', delayMs, reason: 'not yet', counted })

/** What every adapter's subscription groups must do. */
export const groupContract = (opened: () => Opened): void => {
  describe('groups', () => {
    const subscribe = (handle: (delivered: Delivered) => Promise<Verdict>, options: Partial<GroupOptions> = {}) =>
      opened().store.subscribe({ group: `g-${randomId()}`, subjects: ['events.deployment.*'], from: 'end', ...options }, handle)
    const append = (stream = freshStream(), mine = events(1)) => opened().store.append(stream, mine, 'any')

    test('give each event once, in order, to each group', async () => {
      const [one, two]: [string[], string[]] = [[], []]
      const subscriptions = [
        await subscribe(async ({ event: { id }, attempt }) => (one.push(`${id}/${attempt}`), ack)),
        await subscribe(async ({ event: { id } }) => (two.push(id), ack)),
      ]
      const stream = freshStream()
      const mine = events(5)
      for (const each of mine) await append(stream, [each])
      await until(() => one.length >= 5 && two.length >= 5)
      expect(one).toEqual(mine.map(({ id }) => `${id}/1`))
      expect(two).toEqual(idsOf(mine))
      for (const subscription of subscriptions) await subscription.close()
    })

    test('hear the subjects and types they ask for', async () => {
      const seen: string[] = []
      const stream = freshStream()
      const subscription = await subscribe(async ({ event: { type } }) => (seen.push(type), ack), { subjects: [`events.${stream}`], types: ['StartRequested'] })
      const start = { ...event(), type: 'StartRequested', data: { deploymentId: 'd', name: 'n', at: '2026-01-01T00:00:00.000Z' } }
      await append()
      await append(stream)
      await append(stream, [start])
      await until(() => seen.length > 0)
      expect(seen).toEqual(['StartRequested'])
      await subscription.close()
    })

    test('begin at the start when told so', async () => {
      const stream = freshStream()
      const mine = events(3)
      await append(stream, mine)
      const seen: string[] = []
      const subscription = await subscribe(async ({ event: { id } }) => (seen.push(id), ack), { from: 'start', subjects: [`events.${stream}`] })
      await until(() => seen.length >= 3)
      expect(seen).toEqual(idsOf(mine))
      await subscription.close()
    })

    test('a failing head keeps its place: what follows in its stream waits, other streams do not', async () => {
      const [failing, healthy] = [freshStream(), freshStream()]
      const seen: string[] = []
      const subscription = await subscribe(async ({ event: { stream, revision }, attempt }) => {
        seen.push(stream === failing ? `failing ${revision} ${attempt}` : `healthy ${revision}`)
        return stream === failing && revision === 0 && !(attempt >= 3 && seen.includes('healthy 1')) ? retry(10) : ack
      })
      await append(failing, events(3))
      await append(healthy, events(2))
      await until(() => seen.includes('failing 2 1'))
      const attempts = seen.filter((line) => line.startsWith('failing 0')).length
      expect(attempts).toBeGreaterThanOrEqual(3)
      expect(seen.filter((line) => line.startsWith('failing'))).toEqual(
        [...Array.from({ length: attempts }, (_, index) => `failing 0 ${index + 1}`), 'failing 1 1', 'failing 2 1'])
      await subscription.close()
    })

    test('streams go side by side up to the bound, a stream never beside itself', async () => {
      let [active, most] = [0, 0]
      const streams = Array.from({ length: 6 }, freshStream)
      const busy = new Set<string>()
      let done = 0
      const subscription = await subscribe(async ({ event: { stream } }) => {
        expect(busy.has(stream)).toBe(false)
        busy.add(stream)
        most = Math.max(most, ++active)
        await until(() => most >= 3)
        await sleep(15)
        active--
        done++
        busy.delete(stream)
        return ack
      }, { concurrency: 3 })
      for (const stream of streams) await append(stream, events(3))
      await until(() => done === 18)
      expect(most).toBe(3)
      await subscription.close()
    })

    test('a retry comes after its delay, and counts unless told otherwise', async () => {
      const seen: [number, number][] = []
      const answers = [retry(80), retry(10, false), retry(10, false), retry(10), ack]
      const subscription = await subscribe(async ({ attempt }) => {
        seen.push([attempt, performance.now()])
        return answers[seen.length - 1] ?? ack
      })
      await append()
      await until(() => seen.length === 5)
      expect(seen.map(([attempt]) => attempt)).toEqual([1, 2, 2, 2, 3])
      expect((seen[1]?.[1] ?? 0) - (seen[0]?.[1] ?? 0)).toBeGreaterThanOrEqual(75)
      await subscription.close()
    })

    test('what is parked keeps payload, reason and attempts, and its successors go on', async () => {
      const group = `g-${randomId()}`
      const stream = freshStream()
      const seen: number[] = []
      const subscription = await subscribe(async ({ event: { revision }, attempt }) => {
        seen.push(revision)
        if (revision > 0) return ack
        return attempt < 3 ? retry(5) : { verdict: 'park', reason: 'it will\nnever work' }
      }, { group })
      const [poison, next] = [event('poison'), event()]
      await append(stream, [poison, next])
      await until(() => seen.length === 4)
      expect(seen).toEqual([0, 0, 0, 1])
      expect(await opened().parked(group)).toEqual([{ stream, type: poison.type, reason: expect.stringMatching(/^it will\snever work$/), attempts: 3, data: poison.data }])
      await subscription.close()
    })

    test('a handler that throws is tried again', async () => {
      const attempts: number[] = []
      const subscription = await subscribe(async ({ attempt }) => {
        attempts.push(attempt)
        if (attempt === 1) throw new Error('a mistake in the handler')
        return ack
      })
      await append()
      await until(() => attempts.length === 2)
      expect(attempts).toEqual([1, 2])
      await subscription.close()
    })

    test('a new reader goes on where the last one stopped, in order, with the attempts it had', async () => {
      const group = `g-${randomId()}`
      const stream = freshStream()
      const seen: string[] = []
      const first = await subscribe(async ({ event: { revision }, attempt }) => {
        seen.push(`first ${revision} ${attempt}`)
        return revision < 2 ? ack : retry(60_000)
      }, { group })
      await append(stream, events(4))
      await until(() => seen.length === 3)
      await first.close()
      await append(stream, events(2))
      const second = await subscribe(async ({ event: { revision }, attempt }) => {
        seen.push(`second ${revision} ${attempt > 1 ? 'again' : 'first time'}`)
        return ack
      }, { group })
      await until(() => seen.length === 7)
      expect(seen.slice(0, 4)).toEqual(['first 0 1', 'first 1 1', 'first 2 1', 'second 2 again'])
      expect(seen.slice(4).map((line) => line.split(' ')[1])).toEqual(['3', '4', '5'])
      await second.close()
    })

    test('closing waits for what is being handled', async () => {
      let finished = false
      let started = false
      const subscription = await subscribe(async () => {
        started = true
        await sleep(150)
        finished = true
        return ack
      })
      await append()
      await until(() => started)
      await subscription.close()
      expect(finished).toBe(true)
    })
  })
}
