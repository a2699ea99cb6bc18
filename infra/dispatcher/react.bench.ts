import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { Agent, createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { latencyRow, type Bench, type Row } from '../bench/row.ts'
import { sign, SIGNATURE_HEADER } from '../delivery/signature.ts'
import { connectNats } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { wireBody, wireHeaders, type Outgoing } from '../nats/wire.ts'
import { startNats } from '../testing/servers.ts'
import { startDispatcher } from './dispatcher.ts'

const ROUNDS = 20
const SAMPLES_A_ROUND = 50
const KEY = 'signing-key-of-the-bench'

/** Event published to function called, through the dispatcher; the floor is a consumer's bare callback that signs and posts. */
export const react: Bench = {
  name: 'react',
  about: 'event stored to function called | raw publish, raw consumer delivery, one signed POST',
  run: async (progress) => {
    const nats = await startNats()
    const connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'bench')
    await ensureStreams(connection)
    const receiver = await startReceiver()
    const dispatcher = startDispatcher({
      connection, gateway: { url: receiver.url, user: 'bench', password: 'bench' }, signingKey: KEY, timeoutMs: 10_000, replicas: 1, log: pino({ enabled: false }),
    })
    const stopFloor = await startFloor(connection, receiver.url)
    try {
      await dispatcher.ready
      return await measure(connection, receiver.called, progress)
    } finally {
      await stopFloor()
      await dispatcher.close()
      await connection.close()
      receiver.server.close()
      await nats.stop()
    }
  },
}

const measure = async (connection: NatsConnection, called: (id: string) => Promise<void>, progress: (text: string) => void): Promise<readonly Row[]> => {
  const stream = jetstream(connection)
  const once = async (category: string, id: string): Promise<number> => {
    const event: Outgoing = { id, type: 'Measured', version: 1, revision: 0, metadata: { correlationId: id, actor: 'bench' }, data: { name: 'bench', text: 'x'.repeat(200) } }
    const message = headers()
    for (const [name, value] of wireHeaders(event)) message.set(name, value)
    const arrived = called(id)
    const startedAt = performance.now()
    await stream.publish(`events.${category}.${id}`, wireBody(event), { headers: message })
    await arrived
    return performance.now() - startedAt
  }
  const [ours, floor]: [number[], number[]] = [[], []]
  for (let round = -1; round < ROUNDS; round++) {
    for (let sample = 0; sample < SAMPLES_A_ROUND; sample++) {
      const [our, bare] = [await once('ours', `o${round}x${sample}`), await once('floor', `f${round}x${sample}`)]
      if (round >= 0) ours.push(our), floor.push(bare) // the first round warms up
    }
    progress(`round ${round + 1} of ${ROUNDS}`)
  }
  return [latencyRow({ name: 'react', ours, floor, at: 0.5, most: 2 })]
}

type Receiver = { readonly server: Server; readonly url: string; /** Resolves when the delivery with that id comes in. */ readonly called: (id: string) => Promise<void> }

/** Stands for the gateway: lists one function, answers every invocation at once. */
const startReceiver = async (): Promise<Receiver> => {
  const waiting = new Map<string, () => void>()
  const server = createServer((incoming, response) => {
    if (incoming.url === '/system/functions') return void response.end(JSON.stringify([{ name: 'react', annotations: { topic: 'events.ours.*' } }]))
    const id = String(incoming.headers['ce-id'])
    incoming.resume().once('end', () => {
      waiting.get(id)?.()
      waiting.delete(id)
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    called: (id) => new Promise((resolve) => waiting.set(id, resolve)),
  }
}

/** The least that could deliver: a consumer's callback that signs and posts, without order, types, retries or parking. */
const startFloor = async (connection: NatsConnection, url: string): Promise<() => Promise<void>> => {
  await (await jetstreamManager(connection)).consumers.add(STREAM.events, { durable_name: 'floor', filter_subject: 'events.floor.*', ack_policy: AckPolicy.Explicit })
  const agent = new Agent({ keepAlive: true })
  const consumer = await jetstream(connection).consumers.get(STREAM.events, 'floor')
  const messages = await consumer.consume({
    callback: (message) => {
      const [id, type] = [message.headers?.get('Event-Id') ?? '', message.headers?.get('Event-Type') ?? '']
      const signature = sign(KEY, { id, type, sequence: String(message.seq), body: message.data }, Date.now())
      const length = String(message.data.byteLength)
      request(`${url}/function/floor`, { agent, method: 'POST', headers: { 'ce-id': id, 'ce-type': type, [SIGNATURE_HEADER]: signature, 'content-length': length } })
        .once('response', (response) => response.resume().once('end', () => message.ack()))
        .once('error', () => message.nak()) // the last one, when the bench ends
        .end(message.data)
    },
  })
  return async () => {
    await messages.close()
    agent.destroy()
  }
}
