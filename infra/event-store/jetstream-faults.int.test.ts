import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { isFailure } from '../../events/errors.ts'
import type { NewEvent, StreamName } from '../../events/envelope.ts'
import { randomId } from '../ids.ts'
import { connectNats } from '../nats/connect.ts'
import { keepStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { event, events, freshStream, idsOf, until } from './contract-fixtures.ts'
import { jetStreamEventStore } from './jetstream/store.ts'
import type { EventStore, GroupOptions } from './port.ts'

process.env['LOG_LEVEL'] = 'silent'

let server: NatsServer
let nc: NatsConnection
let store: EventStore

beforeAll(async () => {
  server = await startNats()
  nc = await connectNats({ NATS_URL: server.url, SECRETS_DIR: server.folder }, 'faults')
  await keepStreams(nc)
  store = await jetStreamEventStore({ nc })
})
/** What a test left open, however it ended: the next one must not hear of it. */
const left: (() => Promise<unknown>)[] = []
afterEach(async () => {
  const failed: unknown[] = []
  for (const end of left.splice(0).toReversed()) await end().catch((error: unknown) => failed.push(error))
  expect(failed).toEqual([])
})
afterAll(async () => {
  await nc.close()
  await server.stop()
})

const subscribe = async (options: Omit<GroupOptions, 'group'>, handle: Parameters<EventStore['subscribe']>[1]) => {
  const subscription = await store.subscribe({ group: `g-${randomId()}`, ...options }, handle)
  left.push(() => subscription.close())
}

/** Appends as a careful writer does: again with the same ids until the store answers. */
const appendSurely = async (stream: StreamName, mine: readonly NewEvent[], expected: number | 'none') => {
  for (;;) {
    try {
      return await store.append(stream, mine, expected)
    } catch (error) {
      if (!isFailure(error, 'STORE_UNAVAILABLE')) throw error
      await sleep(20)
    }
  }
}

describe('the broker is killed and comes back', () => {
  test('nothing acked is lost, nothing is written twice, and a group and a follower see all of it in order', async () => {
    const streams = Array.from({ length: 8 }, freshStream)
    const seen = new Map<string, number[]>(streams.map((stream) => [stream, []]))
    const followed = new Map<string, number[]>(streams.map((stream) => [stream, []]))
    const after = (await store.head()) ?? '0'
    await subscribe({ subjects: ['events.>'] }, async ({ event: { stream, revision } }) => {
      seen.get(stream)?.push(revision)
      return { verdict: 'ack' }
    })
    const stop = new AbortController()
    const following = (async () => {
      for await (const { stream, revision } of store.readAll({ after, follow: true, signal: stop.signal })) followed.get(stream)?.push(revision)
    })()
    following.catch(() => {}) // told of at the end of the test
    left.push(async () => (stop.abort(), await following))

    const acked = new Map<string, string[]>()
    let writing = true
    left.push(async () => (writing = false))
    const writers = streams.map(async (stream, index) => {
      const ids: string[] = []
      acked.set(stream, ids)
      for (let revision = -1; writing; ) {
        const mine = events(1 + (index % 3))
        const result = await appendSurely(stream, mine, revision < 0 ? 'none' : revision)
        expect(result.revision).toBe(revision + mine.length)
        revision = result.revision
        ids.push(...idsOf(mine))
      }
    })
    /** So many more events in each stream. */
    const more = (count: number) => {
      const before = streams.map((stream) => acked.get(stream)?.length ?? 0)
      return until(() => streams.every((stream, index) => (acked.get(stream)?.length ?? 0) >= (before[index] ?? 0) + count), 30)
    }
    for (let kill = 0; kill < 3; kill++) {
      await more(5)
      await server.restart()
    }
    await more(5)
    writing = false
    await Promise.all(writers)

    const dense = (count: number) => Array.from({ length: count }, (_, index) => index)
    for (const stream of streams) {
      const ids = acked.get(stream) ?? []
      expect(idsOf(await store.read(stream))).toEqual(ids)
      await until(() => (seen.get(stream)?.length ?? 0) >= ids.length && followed.get(stream)?.length === ids.length, 30)
      expect(followed.get(stream)).toEqual(dense(ids.length))
      expect(seen.get(stream)).toEqual(dense(ids.length))
    }
  }, 180_000)

  test('the store keeps its identity and says so while it is away', async () => {
    const identity = await store.identity()
    await server.kill()
    left.push(() => server.restart())
    await expect(store.append(freshStream(), [event()], 'none')).rejects.toSatisfy((error) => isFailure(error, 'STORE_UNAVAILABLE'))
    await left.pop()?.()
    await until(async () => (await store.identity().catch(() => null)) === identity)
  }, 30_000)
})

describe('what protects the history', () => {
  test('it is never deleted: not by request, not by a TTL, not by a limit', async () => {
    const stream = freshStream()
    await store.append(stream, events(3), 'none')
    const jsm = await jetstreamManager(nc)
    await expect(jsm.streams.purge(STREAM.events)).rejects.toThrow(/purge not permitted/)
    await expect(jsm.streams.deleteMessage(STREAM.events, 1)).rejects.toThrow(/delete not permitted/)
    const { config } = await jsm.streams.info(STREAM.events)
    expect(config).toMatchObject({ max_age: 0, max_msgs: -1, max_bytes: -1, max_msgs_per_subject: -1, storage: 'file', deny_delete: true, deny_purge: true, allow_atomic: true })
    expect(config.allow_msg_ttl ?? false).toBe(false)
    expect(config.allow_rollup_hdrs).toBe(false)
  })

  test('what another program wrote there is reported, not skipped', async () => {
    const stream = freshStream()
    await store.append(stream, [event()], 'none')
    await jetstream(nc).publish(`events.${stream}`, 'not ours')
    await expect(store.read(stream)).rejects.toSatisfy((error) => isFailure(error, 'MALFORMED_EVENT'))
    await expect(store.last(stream)).rejects.toSatisfy((error) => isFailure(error, 'MALFORMED_EVENT'))
    const verdicts: string[] = []
    await subscribe({ subjects: [`events.${stream}`] }, async ({ event: { id } }) => (verdicts.push(id), { verdict: 'ack' }))
    const jsm = await jetstreamManager(nc)
    await until(async () => (await jsm.streams.info(STREAM.parked)).state.messages > 0)
    expect(verdicts).toHaveLength(1)
  })
})
