import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NatsConnection } from '@nats-io/transport-node'
import { connectNats } from '../nats/connect.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { openBrokerLine, type BrokerLine } from './broker-line.ts'
import { EVERYBODY } from './plan.ts'

let nats: NatsServer
let line: BrokerLine
const connections: NatsConnection[] = []

beforeAll(async () => {
  nats = await startNats()
  line = await openBrokerLine(nats.port)
})
afterAll(async () => {
  for (const part of [EVERYBODY, 'edge-1', 'edge-2']) line.mend(part)
  await Promise.all(connections.map((connection) => connection.close()))
  await line.close()
  await nats.stop()
})

const join = async (part: string): Promise<NatsConnection> => {
  const connection = await connectNats({ NATS_URL: `nats://127.0.0.1:${line.port}`, SECRETS_DIR: nats.folder, PART_NAME: part }, 'edge')
  connections.push(connection)
  return connection
}
/** Whether the broker answers within a moment. */
const answers = (connection: NatsConnection) => Promise.race([connection.rtt().then(() => true, () => false), new Promise<boolean>((resolve) => setTimeout(resolve, 300, false))])

it('knows each part by its name, and cuts off one and no other', async () => {
  const [one, other] = await Promise.all([join('edge-1'), join('edge-2')])
  expect(line.connected()).toEqual(['edge-1', 'edge-2'])
  line.cut('edge-1', 'late')
  expect(await answers(one)).toBe(false)
  expect(await answers(other)).toBe(true)
  line.mend('edge-1')
  await expect.poll(() => answers(one), { timeout: 10_000 }).toBe(true)
})

it('delivers late what was sent meanwhile, when that is asked for', async () => {
  const [one, other] = [connections[0], connections[1]]
  const heard: string[] = []
  other?.subscribe('said', { callback: (_, message) => void heard.push(message.string()) })
  await other?.flush()
  line.cut('edge-1', 'late')
  one?.publish('said', 'late')
  expect(await answers(one as NatsConnection)).toBe(false)
  expect(heard).toEqual([])
  line.mend('edge-1')
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['late'])
})

it('loses it otherwise: the connection is dead, and the part finds the broker again', async () => {
  const [one, other] = [connections[0], connections[1]]
  const heard: string[] = []
  other?.subscribe('lost', { callback: (_, message) => void heard.push(message.string()) })
  await other?.flush()
  line.cut('edge-1', 'lost')
  one?.publish('lost', 'never')
  expect(await answers(one as NatsConnection)).toBe(false)
  line.mend('edge-1')
  await expect.poll(() => answers(one as NatsConnection), { timeout: 20_000 }).toBe(true)
  one?.publish('lost', 'after')
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['after'])
})

it('cuts off everybody', async () => {
  line.cut(EVERYBODY, 'late')
  expect(await Promise.all(connections.map(answers))).toEqual([false, false])
  line.mend(EVERYBODY)
  await expect.poll(() => Promise.all(connections.map(answers)), { timeout: 20_000 }).toEqual([true, true])
})
