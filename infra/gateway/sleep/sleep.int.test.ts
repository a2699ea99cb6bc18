import { afterAll, beforeAll, expect, test } from 'vitest'
import { startNats, type NatsServer } from '../../testing/servers.ts'
import { specOf, startGateway, type TestGateway } from '../testing/gateway.ts'

const WAIT = { timeout: 60_000, interval: 250 }

let nats: NatsServer
let gateways: readonly TestGateway[]
beforeAll(async () => {
  nats = await startNats({ syncAlways: false })
  const open = (instance: string) => startGateway({ nats, instance, handlers: { idle: () => 'done' } })
  gateways = [await open('gateway-1'), await open('gateway-2')]
})
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  await nats.stop()
})

test('what one gateway calls no other puts to sleep; what nobody calls sleeps, and the next call wakes it', async () => {
  const [one, two] = gateways
  if (!one || !two) throw new Error('there are two')
  const replicas = async () => Promise.all(gateways.map(async (gateway) => ((await gateway.system('GET', '/system/function/idle')).json() as { readonly replicas: number }).replicas))
  await one.system('POST', '/system/functions', specOf('idle', { annotations: { public: 'true' }, labels: { 'com.openfaas.scale.zero': 'true', 'com.openfaas.scale.zero-duration': '5s' } }))
  const began = Date.now()
  while (Date.now() - began < 12_000) { // twice as long as it may be idle
    expect((await two.call('/function/idle')).status).toBe(200)
    expect(Math.max(...(await replicas()))).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  await expect.poll(replicas, WAIT).toEqual([0, 0])
  expect((await one.call('/function/idle')).body.toString()).toBe('done')
  await expect.poll(replicas, WAIT).toEqual([1, 1])
  await expect.poll(replicas, WAIT).toEqual([0, 0])
  expect((await one.system('PUT', '/system/functions', specOf('idle', { labels: { 'com.openfaas.scale.zero': 'true', 'com.openfaas.scale.zero-duration': 'soon' } }))).status).toBe(400)
}, 120_000)
