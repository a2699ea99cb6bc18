import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { Agent, createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { latencyRow, type Bench, type Row } from '../bench/row.ts'
import { sign, SIGNATURE_HEADER } from '../delivery/signature.ts'
import type { NewEvent } from '../../events/envelope.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { connectNats } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { wireBody, wireHeaders, type Outgoing } from '../nats/wire.ts'
import { startNats } from '../testing/servers.ts'
import { startDispatcher } from './dispatcher.ts'

const ROUNDS = 20
const SAMPLES_A_ROUND = 50
const KEY = 'signing-key-of-the-bench'

/** Event appended to function called, through the dispatcher; the floor is a consumer's bare callback that signs and posts. */
export const react: Bench = {
  name: 'react',
  about: 'event appended to function called | raw publish, raw consumer delivery, one signed POST',
  run: async (progress) => {
    const nats = await startNats()
    const connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'bench')
    await ensureStreams(connection)
    const receiver = await startReceiver()
    const dispatcher = startDispatcher({
      connection, gateways: [receiver.url], credentials: { user: 'bench', password: 'bench' }, signingKey: KEY, timeoutMs: 10_000, replicas: 1, log: pino({ enabled: false }),
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

const measure = async (connection: NatsConnection, called: (id: string) => Promise<number>, progress: (text: string) => void): Promise<readonly Row[]> => {
  const store = await jetStreamEventStore({ nc: connection })
  const stream = jetstream(connection)
  const ours = (event: NewEvent) => store.append(`name.${event.id}`, [event], 'none')
  const bare = (event: NewEvent) => {
    const outgoing: Outgoing = { ...event, version: 1, revision: 0 }
    const message = headers()
    for (const [name, value] of wireHeaders(outgoing)) message.append(name, value)
    return stream.publish(`events.floor.${event.id}`, wireBody(outgoing), { headers: message })
  }
  const timed = async (id: string, write: (event: NewEvent) => Promise<unknown>): Promise<number> => {
    const event: NewEvent = { id, type: 'NameReserved', metadata: { correlationId: id, actor: 'bench' }, data: { name: id, deploymentId: id, at: new Date().toISOString() } }
    const arrived = called(id)
    const startedAt = performance.now()
    const [arrivedAt] = await Promise.all([arrived, write(event)])
    return arrivedAt - startedAt
  }
  const samples: { ours: number; bare: number }[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    for (let sample = 0; sample < SAMPLES_A_ROUND; sample++) {
      const one = { ours: await timed(`o${round}x${sample}`, ours), bare: await timed(`f${round}x${sample}`, bare) }
      if (round > 0) samples.push(one) // the first round warms up
    }
    progress(`round ${round} of ${ROUNDS}`)
  }
  return [latencyRow({ name: 'react', ours: samples.map((sample) => sample.ours), floor: samples.map((sample) => sample.bare), at: 0.5, most: 2 })]
}

type Receiver = { readonly server: Server; readonly url: string; /** Resolves when the delivery with that id comes in, to the time. */ readonly called: (id: string) => Promise<number> }

/** Stands for the gateway: lists one function, answers every invocation at once. */
const startReceiver = async (): Promise<Receiver> => {
  const waiting = new Map<string, (at: number) => void>()
  const server = createServer((incoming, response) => {
    if (incoming.url === '/system/functions') return void response.end(JSON.stringify([{ name: 'react', annotations: { topic: 'events.name.*' } }]))
    const id = String(incoming.headers['ce-id'])
    incoming.resume().once('end', () => {
      waiting.get(id)?.(performance.now())
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
