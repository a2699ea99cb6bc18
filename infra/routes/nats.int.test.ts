import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { routesContract } from './contract.ts'
import { natsRoutes } from './nats.ts'
import type { Route, Routes } from './port.ts'

let nats: NatsServer
const connections: NatsConnection[] = []
let routes: readonly [Routes, Routes]

const writer = async (): Promise<Routes> => {
  const connection = await connect({ servers: nats.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 })
  connections.push(connection)
  return natsRoutes(connection)
}

beforeAll(async () => {
  nats = await startNats({ syncAlways: false })
  routes = [await writer(), await writer()]
})
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()))
  await nats.stop()
})

routesContract(() => routes)

describe('a restarted broker', () => {
  it('lost the bucket: it is made anew and written again', async () => {
    const route: Route = { deploymentId: 'x', name: 'x', claimId: 'x-1', state: 'asleep', address: null, reason: null, sequence: '7' }
    await routes[0].put(route)
    await nats.restart()
    await vi.waitFor(async () => expect(await routes[1].get('x')).toBeNull(), { timeout: 10_000 })
    await vi.waitFor(async () => {
      await routes[0].put(route)
      expect(await routes[1].get('x')).toEqual(route)
    }, { timeout: 10_000 })
  })

  it('is said to be away while it is', async () => {
    await nats.kill()
    await expect(routes[0].put({ deploymentId: 'y', name: 'y', claimId: null, state: 'asleep', address: null, reason: null, sequence: '1' })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await nats.restart()
  })
})
