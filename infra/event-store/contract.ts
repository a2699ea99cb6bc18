import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NewEvent, RecordedEvent, StreamName } from '../../events/envelope.ts'
import { isFailure, type ErrorCode } from '../../events/errors.ts'
import { randomId } from '../ids.ts'
import { event, events, freshStream, idsOf, metadata, type Opened, type OpenStore } from './contract-fixtures.ts'
import { groupContract } from './contract-groups.ts'
import { comparePositions, type EventStore } from './port.ts'

const reserved = (name: string, id = randomId()): NewEvent =>
  ({ id, type: 'NameReserved', data: { name, deploymentId: 'd', at: '2026-01-01T00:00:00.000Z' }, metadata })
/** What every adapter of the event store port must do. */
export const eventStoreContract = (name: string, open: OpenStore): void => {
  describe(`event store: ${name}`, () => {
    let opened: Opened
    let store: EventStore
    beforeAll(async () => {
      opened = await open()
      store = opened.store
    })
    afterAll(() => opened.close())

    const refuses = (work: Promise<unknown>, code: ErrorCode) => expect(work).rejects.toSatisfy((error) => isFailure(error, code), code)
    const stored = async (stream: StreamName) => idsOf(await store.read(stream))

    describe('expected revision', () => {
      test('none: begins a stream at revision 0, once', async () => {
        const stream = freshStream()
        expect(await store.append(stream, [event()], 'none')).toMatchObject({ stream, revision: 0, duplicate: false })
        await refuses(store.append(stream, [event()], 'none'), 'WRONG_EXPECTED_REVISION')
        expect(await stored(stream)).toHaveLength(1)
      })
      test('a number: only right after that revision', async () => {
        const stream = freshStream()
        await refuses(store.append(stream, [event()], 0), 'WRONG_EXPECTED_REVISION')
        await store.append(stream, events(3), 'none')
        await refuses(store.append(stream, [event()], 1), 'WRONG_EXPECTED_REVISION')
        await refuses(store.append(stream, [event()], 3), 'WRONG_EXPECTED_REVISION')
        expect(await store.append(stream, events(2), 2)).toMatchObject({ revision: 4 })
      })
      test('a number that another process has made stale is refused, and the right one passes', async () => {
        const stream = freshStream()
        await store.append(stream, [event()], 'none')
        await opened.other.append(stream, [event()], 0)
        await refuses(store.append(stream, [event()], 0), 'WRONG_EXPECTED_REVISION')
        expect(await store.append(stream, [event()], 1)).toMatchObject({ revision: 2 })
      })
      test('exists: only to a stream that does', async () => {
        const stream = freshStream()
        await refuses(store.append(stream, [event()], 'exists'), 'WRONG_EXPECTED_REVISION')
        await store.append(stream, [event()], 'none')
        expect(await store.append(stream, [event()], 'exists')).toMatchObject({ revision: 1 })
      })
      test('any: in either case', async () => {
        const stream = freshStream()
        expect(await store.append(stream, events(2), 'any')).toMatchObject({ revision: 1 })
        await opened.other.append(stream, events(2), 'any')
        expect(await store.append(stream, [event()], 'any')).toMatchObject({ revision: 4 })
      })
      test('the refusal says where the stream is', async () => {
        const stream = freshStream()
        await store.append(stream, events(2), 'none')
        await expect(store.append(stream, [event()], 7)).rejects.toMatchObject({ details: { stream, actual: 1, expected: 7 } })
        await expect(store.append(freshStream(), [event()], 7)).rejects.toMatchObject({ details: { actual: 'none' } })
      })
    })

    describe('what may be written', () => {
      test('only what the catalogue knows, as it knows it, where it belongs', async () => {
        const stream = freshStream()
        await refuses(store.append(stream, [event(), { ...event(), data: { deploymentId: 7 } }], 'none'), 'MALFORMED_EVENT')
        await refuses(store.append(stream, [{ ...event(), type: 'Imagined' }], 'none'), 'UNKNOWN_EVENT')
        await refuses(store.append(stream, [{ ...event(), type: 'toString' }], 'none'), 'UNKNOWN_EVENT')
        await refuses(store.append(stream, [reserved('n')], 'none'), 'MALFORMED_EVENT')
        await refuses(store.append(stream, [{ ...event(), id: 'a\r\nEvent-Revision: 9' }], 'none'), 'MALFORMED_EVENT')
        expect(await stored(stream)).toEqual([])
      })
      test.each(['a NUL: \0', 'half a character: \ud83d', 'the other half: \ude00'])('no text that a read model could not hold: %j', async (text) => {
        const stream = freshStream()
        const named = event()
        await refuses(store.append(stream, [{ ...named, data: { ...named.data, name: text } }], 'none'), 'MALFORMED_EVENT')
        await refuses(store.append(stream, [{ ...named, metadata: { ...named.metadata, correlationId: text } }], 'none'), 'MALFORMED_EVENT')
        expect(await stored(stream)).toEqual([])
      })
      test('a name that is a pattern is no stream', async () => {
        await store.append(freshStream(), [event()], 'none')
        for (const name of ['deployment.*', 'deployment.>', 'deployment.', 'deployment.a b', 'deployment.a.b'] as StreamName[]) {
          await refuses(store.append(name, [event()], 'any'), 'MALFORMED_EVENT')
          expect(await store.read(name)).toEqual([])
          expect(await store.last(name)).toBeNull()
        }
      })
      test('nothing, too much, or one stream twice is an error of the program', async () => {
        const stream = freshStream()
        await expect(store.append(stream, [], 'any')).rejects.toThrow(RangeError)
        await expect(store.append(stream, events(1_001), 'any')).rejects.toThrow(RangeError)
        await expect(store.appendAll([{ stream, events: events(1), expected: 'none' }, { stream, events: events(1), expected: 0 }])).rejects.toThrow(RangeError)
      })
    })

    const retries = (current: () => EventStore, between: () => Promise<unknown>) => {
      test('a single event', async () => {
        const stream = freshStream()
        const [first, second] = [event(), event()]
        await current().append(stream, [first], 'none')
        const result = await current().append(stream, [second], 0)
        await between()
        expect(await current().append(stream, [second], 0)).toEqual({ ...result, duplicate: true })
        expect(await current().append(stream, [first], 'none')).toMatchObject({ revision: 0, duplicate: true })
        expect(idsOf(await current().read(stream))).toEqual([first.id, second.id])
      })
      test('several events at once', async () => {
        const stream = freshStream()
        const batch = events(3)
        await current().append(stream, [event()], 'none')
        const result = await current().append(stream, batch, 0)
        await between()
        expect(await current().append(stream, batch, 0)).toEqual({ ...result, duplicate: true })
        await current().append(stream, events(2), 3)
        expect(await current().append(stream, batch, 0)).toEqual({ ...result, duplicate: true })
        expect(await current().read(stream)).toHaveLength(6)
      })
      test('two streams at once, also when both have gone on', async () => {
        const writes = [freshStream(), freshStream()].map((stream) => ({ stream, events: events(2), expected: 'none' as const }))
        const result = await current().appendAll(writes)
        await between()
        const again = result.map((appended) => ({ ...appended, duplicate: true }))
        expect(await current().appendAll(writes)).toEqual(again)
        for (const { stream } of writes) await current().append(stream, [event()], 1)
        expect(await current().appendAll(writes)).toEqual(again)
      })
      test('expecting anything, or the revision that is there by now', async () => {
        const stream = freshStream()
        const mine = event()
        await current().append(stream, [mine], 'any')
        await between()
        expect(await current().append(stream, [mine], 0)).toMatchObject({ revision: 0, duplicate: true })
        await current().append(stream, [event()], 'exists')
        expect(await current().append(stream, [mine], 'any')).toMatchObject({ revision: 0, duplicate: true })
        expect(await current().append(stream, [mine], 'exists')).toMatchObject({ revision: 0, duplicate: true })
        expect(await current().read(stream)).toHaveLength(2)
      })
    }
    describe('the same ids again are the same append', () => {
      retries(() => store, async () => {})
      test('seen from another process', async () => {
        const stream = freshStream()
        const mine = events(2)
        await store.append(stream, mine, 'none')
        expect(await opened.other.append(stream, mine, 'none')).toMatchObject({ revision: 1, duplicate: true })
      })
      test('sent ten times at the same moment it is written once', async () => {
        const stream = freshStream()
        const mine = event()
        const results = await Promise.all(Array.from({ length: 10 }, () => store.append(stream, [mine], 'none')))
        expect(results.every(({ revision }) => revision === 0)).toBe(true)
        expect(await stored(stream)).toEqual([mine.id])
      })
      test('an id that another event has is refused, never lost in silence', async () => {
        const [one, two] = [freshStream(), freshStream()]
        const taken = event()
        await store.append(one, [taken], 'none')
        await refuses(store.append(two, [{ ...event(), id: taken.id }], 'none'), 'DUPLICATE_EVENT_ID')
        await refuses(store.append(two, [event(), { ...event(), id: taken.id }], 'none'), 'DUPLICATE_EVENT_ID')
        await refuses(store.append(two, [taken, taken], 'none'), 'DUPLICATE_EVENT_ID')
        await refuses(store.appendAll([{ stream: two, events: [taken], expected: 'none' }, { stream: freshStream(), events: [event()], expected: 'none' }]), 'DUPLICATE_EVENT_ID')
        expect(await stored(two)).toEqual([])
      })
    })
    describe('the same ids again, long after', () => {
      let late: Opened
      beforeAll(async () => {
        late = await open({ duplicateWindowMs: 100 })
      })
      afterAll(() => late.close())
      retries(() => late.store, () => sleep(250))
    })

    describe('races', () => {
      test('of forty writers that expect the same revision one wins', async () => {
        const stream = freshStream()
        await store.append(stream, [event()], 'none')
        const results = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => (index % 2 ? store : opened.other).append(stream, [event()], 0)))
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        for (const result of results) if (result.status === 'rejected') expect(isFailure(result.reason, 'WRONG_EXPECTED_REVISION')).toBe(true)
        expect(await stored(stream)).toHaveLength(2)
      })
      test('forty that expect nothing all write, at dense revisions', async () => {
        const stream = freshStream()
        const results = await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? store : opened.other).append(stream, [event()], 'any')))
        expect(results.map(({ revision }) => revision).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index))
        expect((await store.read(stream)).map(({ revision }) => revision)).toEqual(Array.from({ length: 40 }, (_, index) => index))
      })
      test('of forty that reserve a name one gets it, and the others leave nothing', async () => {
        const name: StreamName = `name.${randomId()}`
        const streams = Array.from({ length: 40 }, freshStream)
        const results = await Promise.allSettled(streams.map((stream, index) => (index % 2 ? store : opened.other).appendAll([
          { stream, events: events(2), expected: 'none' }, { stream: name, events: [reserved('n')], expected: 'none' },
        ])))
        const winner = results.findIndex(({ status }) => status === 'fulfilled')
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        expect(await stored(name)).toHaveLength(1)
        for (const [index, stream] of streams.entries()) expect(await stored(stream)).toHaveLength(index === winner ? 2 : 0)
      })
    })

    describe('several streams in one step', () => {
      test('are written side by side', async () => {
        const [one, two] = [freshStream(), freshStream()]
        await store.append(two, [event()], 'none')
        const [first, second] = await store.appendAll([{ stream: one, events: events(2), expected: 'none' }, { stream: two, events: events(3), expected: 0 }])
        expect(first).toMatchObject({ stream: one, revision: 1 })
        expect(second).toMatchObject({ stream: two, revision: 3 })
        expect((await store.last(two))?.position).toBe(second?.position)
        expect((await store.last(one))?.position).toBe(first?.position)
        expect(await store.append(one, [event()], 1)).toMatchObject({ revision: 2 })
      })
      test('a conflict in the second leaves both as they were, whatever the first expects', async () => {
        for (const expected of ['none', 'any'] as const) {
          const [one, two] = [freshStream(), freshStream()]
          await store.append(two, events(2), 'none')
          await expect(store.appendAll([{ stream: one, events: events(2), expected }, { stream: two, events: [event()], expected: 0 }]))
            .rejects.toMatchObject({ code: 'WRONG_EXPECTED_REVISION', details: { stream: two, actual: 1 } })
          expect(await stored(one)).toEqual([])
          expect(await stored(two)).toHaveLength(2)
        }
      })
    })

    describe('reading one stream', () => {
      test('gives all events in order, as they were written, with what the store adds', async () => {
        const stream = freshStream()
        const mine = event('ünï — \n line')
        await store.append(stream, [mine], 'none')
        const [recorded] = await opened.other.read(stream)
        expect(recorded).toMatchObject({ ...mine, stream, revision: 0, version: 1 })
        expect(Math.abs(Date.parse(recorded?.at ?? '') - Date.now())).toBeLessThan(60_000)
      })
      test('from a revision, up to a number of them', async () => {
        const stream = freshStream()
        const mine = events(5)
        await store.append(stream, mine, 'none')
        expect(idsOf(await store.read(stream, { from: 2 }))).toEqual(idsOf(mine.slice(2)))
        expect(idsOf(await store.read(stream, { from: 1, limit: 2 }))).toEqual(idsOf(mine.slice(1, 3)))
        expect(await store.read(stream, { limit: 0 })).toEqual([])
        expect(await store.read(stream, { from: 9 })).toEqual([])
      })
      test('more than one batch of them', async () => {
        const stream = freshStream()
        await store.append(stream, events(1_000), 'none')
        await store.append(stream, events(1_000), 999)
        await store.append(stream, events(5), 1_999)
        expect((await store.read(stream)).map(({ revision }) => revision)).toEqual(Array.from({ length: 2_005 }, (_, index) => index))
      })
      test('the newest alone', async () => {
        const stream = freshStream()
        expect(await store.last(stream)).toBeNull()
        expect(await store.read(stream)).toEqual([])
        const mine = events(3)
        await store.append(stream, mine, 'none')
        expect(await opened.other.last(stream)).toMatchObject({ id: mine[2]?.id, revision: 2 })
      })
    })

    describe('reading all', () => {
      const all = async (options: Parameters<EventStore['readAll']>[0]) => {
        const found: RecordedEvent[] = []
        for await (const recorded of store.readAll(options)) found.push(recorded)
        return found
      }
      test('in the order of positions, after one, by category, and to the present end', async () => {
        const after = (await store.head()) ?? '0'
        const [one, two, name] = [freshStream(), freshStream(), `name.${randomId()}` as StreamName]
        const mine = events(4)
        await store.append(one, mine.slice(0, 2), 'none')
        await store.append(two, mine.slice(2, 3), 'none')
        await store.append(name, [reserved('n')], 'none')
        await store.append(one, mine.slice(3), 1)
        const found = await all({ after })
        expect(found.map(({ stream }) => stream)).toEqual([one, one, two, name, one])
        expect(found.every((recorded, index) => index === 0 || comparePositions(found[index - 1]?.position ?? '', recorded.position) < 0)).toBe(true)
        expect(found.at(-1)?.position).toBe(await store.head())
        expect(idsOf(await all({ after, categories: ['deployment'] }))).toEqual(idsOf(mine))
        expect((await all({ after, categories: ['name', 'instance'] })).map(({ stream }) => stream)).toEqual([name])
        expect(await all({ after, categories: ['instance'] })).toEqual([])
        expect((await all({ after, which: 'latest' })).map(({ stream, revision }) => [stream, revision])).toEqual([[two, 0], [name, 0], [one, 2]])
        expect(await all({ after: (await store.head()) ?? '0' })).toEqual([])
      })
      test('following: what is there, then what comes, until told to stop', async () => {
        const after = (await store.head()) ?? '0'
        const stream = freshStream()
        const mine = events(4)
        await store.append(stream, mine.slice(0, 2), 'none')
        const stop = new AbortController()
        const seen: string[] = []
        const following = (async () => {
          for await (const { id } of store.readAll({ after, follow: true, signal: stop.signal })) {
            seen.push(id)
            if (seen.length === 2) await opened.other.append(stream, mine.slice(2), 1)
            if (seen.length === 4) setTimeout(() => stop.abort(), 20)
          }
        })()
        await following
        expect(seen).toEqual(idsOf(mine))
      })
    })

    test('an empty store has no head, and its identity is its own', async () => {
      const another = await open()
      expect(await another.store.head()).toBeNull()
      expect(await store.identity()).toBe(await opened.other.identity())
      expect(await another.store.identity()).not.toBe(await store.identity())
      await another.close()
    })

    groupContract(() => opened)
  })
}
