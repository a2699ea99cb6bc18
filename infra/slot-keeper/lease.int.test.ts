import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { logger } from '../log.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { turns, type Turn } from './lease.ts'

const LONG = { timeout: 60_000, interval: 50 }
let nats: NatsServer
beforeAll(async () => { nats = await startNats() })
afterAll(() => nats.stop())

/** One that wants to lead, on a connection of its own. */
const candidate = async (holder: string) => {
  const connection: NatsConnection = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  const ending = new AbortController()
  let current: Turn | null = null
  const ended = (async () => {
    for await (const turn of turns(connection, { name: 'test', holder, replicas: 1, log: logger('test', 'silent') }, ending.signal)) {
      current = turn
      while (turn.isHeld()) await sleep(20)
      current = null
    }
  })()
  return {
    leads: () => current?.isHeld() ?? false,
    stop: async () => {
      ending.abort()
      await ended
      await connection.close()
    },
    /** Its connection goes, it goes on believing as long as it may. */
    cut: () => connection.close(),
  }
}

test('one leads; another follows when it ends in order, when it is cut off, and after the broker has forgotten all; never two', async () => {
  const [one, two] = [await candidate('one'), await candidate('two')]
  let both = 0
  const watch = setInterval(() => { if (one.leads() && two.leads()) both += 1 }, 5)
  await vi.waitFor(() => expect(one.leads() || two.leads()).toBe(true), LONG)
  const [first, second] = one.leads() ? [one, two] : [two, one]

  await nats.restart() // its memory is gone
  await vi.waitFor(() => expect(one.leads() || two.leads()).toBe(true), LONG)
  await first.cut()
  await vi.waitFor(() => expect(second.leads()).toBe(true), LONG)
  expect(first.leads()).toBe(false)

  const third = await candidate('three')
  await second.stop()
  await vi.waitFor(() => expect(third.leads()).toBe(true), LONG)
  clearInterval(watch)
  expect(both).toBe(0)
  await third.stop()
  await first.stop().catch(() => undefined) // its connection was closed
}, 120_000)
