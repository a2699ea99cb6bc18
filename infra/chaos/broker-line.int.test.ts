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
  for (const part of [EVERYBODY, 'edge-1', 'edge-3', 'edge-5']) line.mend(part)
  await Promise.all(connections.map((connection) => connection.close()))
  await line.close()
  await nats.stop()
})

/** Two parts of a test's own, both served. */
const joinTwo = async (first: string, second: string): Promise<readonly [NatsConnection, NatsConnection]> => {
  const two = [await join(first), await join(second)] as const
  for (const connection of two) await expectServed(connection)
  return two
}
const join = async (part: string): Promise<NatsConnection> => {
  const connection = await connectNats({ NATS_URL: `nats://127.0.0.1:${line.port}`, SECRETS_DIR: nats.folder, PART_NAME: part }, 'edge')
  connections.push(connection)
  return connection
}
/** Whether the broker answers within a moment. */
const answers = (connection: NatsConnection) => Promise.race([connection.rtt().then(() => true, () => false), new Promise<boolean>((resolve) => setTimeout(resolve, 300, false))])

const expectServed = async (connection: NatsConnection): Promise<void> => {
  await expect.poll(() => answers(connection), { timeout: 40_000 }).toBe(true)
}
const expectCutOff = async (connection: NatsConnection): Promise<void> => {
  await expect.poll(() => answers(connection), { timeout: 20_000 }).toBe(false)
}

it('knows each part by its name, and cuts off one and no other', async () => {
  const [one, other] = await joinTwo('edge-1', 'edge-2')
  expect(line.connected()).toEqual(['edge-1', 'edge-2'])
  line.cut('edge-1', 'late')
  await expectCutOff(one)
  await expectServed(other)
  line.mend('edge-1')
  await expectServed(one)
})

it('delivers late what was sent meanwhile, when that is asked for', async () => {
  const [one, other] = await joinTwo('edge-3', 'edge-4')
  const heard: string[] = []
  other.subscribe('said', { callback: (_, message) => void heard.push(message.string()) })
  await other.flush()
  line.cut('edge-3', 'late')
  one.publish('said', 'late')
  await expectCutOff(one)
  expect(heard).toEqual([])
  line.mend('edge-3')
  await expect.poll(() => heard, { timeout: 20_000 }).toEqual(['late'])
})

it('loses it otherwise: the connection is dead, and the part finds the broker again', async () => {
  const [one, other] = await joinTwo('edge-5', 'edge-6')
  const heard: string[] = []
  other.subscribe('lost', { callback: (_, message) => void heard.push(message.string()) })
  await other.flush()
  line.cut('edge-5', 'lost')
  one.publish('lost', 'never')
  await expectCutOff(one)
  line.mend('edge-5')
  await expectServed(one)
  one.publish('lost', 'after')
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['after'])
})

it('cuts off everybody', async () => {
  const two = await joinTwo('edge-7', 'edge-8')
  line.cut(EVERYBODY, 'late')
  for (const connection of two) await expectCutOff(connection)
  line.mend(EVERYBODY)
  for (const connection of two) await expectServed(connection)
})
