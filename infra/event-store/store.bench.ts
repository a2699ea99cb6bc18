import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import type { NewEvent, StreamName } from '../../events/envelope.ts'
import { interleave } from '../bench/interleave.ts'
import { latencyRow, rateRow, type Bench, type Row } from '../bench/row.ts'
import { randomId } from '../ids.ts'
import { connectNats } from '../nats/connect.ts'
import { directBatch } from '../nats/direct.ts'
import { ensureStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { wireBody, wireHeaders } from '../nats/wire.ts'
import { startNats } from '../testing/servers.ts'
import { jetStreamEventStore } from './jetstream/store.ts'
import type { EventStore } from './port.ts'

const ROUNDS = 15

type Ground = { readonly nc: NatsConnection; readonly store: EventStore; readonly progress: (text: string) => void }

const onBroker = async (progress: (text: string) => void, measure: (ground: Ground) => Promise<readonly Row[]>): Promise<readonly Row[]> => {
  const nats = await startNats()
  const nc = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'bench')
  try {
    await ensureStreams(nc)
    return await measure({ nc, store: await jetStreamEventStore({ nc }), progress })
  } finally {
    await nc.close()
    await nats.stop()
  }
}

const event = (): NewEvent => ({
  id: randomId(), type: 'StopRequested', metadata: { correlationId: 'bench', actor: 'bench' },
  data: { deploymentId: 'bench', name: 'bench', at: '2026-01-01T00:00:00.000Z', reason: 'x'.repeat(100) },
})

/** Calls per second of so many in flight, each lane one after the other. */
const rate = async (inFlight: number, calls: number, call: (lane: number, index: number) => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await Promise.all(Array.from({ length: inFlight }, async (_, lane) => {
    for (let index = 0; index < calls / inFlight; index += 1) await call(lane, index)
  }))
  return calls / ((performance.now() - began) / 1000)
}

/** The port's append against a bare publish of the same bytes and headers to the same stream: same broker, same durability. */
export const append: Bench = {
  name: 'append',
  about: 'append with expected revision, 1 and 256 in flight | raw publish of the same message',
  run: (progress) => onBroker(progress, async ({ nc, store }) => {
    const js = jetstream(nc)
    const raw = (subject: string) => {
      const made = event()
      const message = { ...made, version: 1, revision: 0 }
      const head = headers()
      for (const [name, value] of wireHeaders(message)) head.set(name, value)
      return js.publish(subject, wireBody(message), { headers: head })
    }
    const rows: Row[] = []
    for (const [inFlight, calls] of [[1, 600], [256, 5_120]] as const) {
      const samples = await interleave({
        rounds: ROUNDS, warmUp: 1,
        ours: (round) => rate(inFlight, calls, (lane, index) => store.append(`deployment.a${round + 1}x${inFlight}x${lane}`, [event()], index === 0 ? 'none' : index - 1)),
        floor: (round) => rate(inFlight, calls, (lane) => raw(`events.bench.b${round + 1}x${inFlight}x${lane}`)),
      })
      progress(`${inFlight} in flight done`)
      rows.push(rateRow({ name: `append-${inFlight}`, ...samples, least: 0.9 }))
    }
    return rows
  }),
}

/** Loading an aggregate against one batch request of the same messages. */
export const load: Bench = {
  name: 'load',
  about: 'load an aggregate of 10 and of 1,000 events | one getBatch of the same',
  run: (progress) => onBroker(progress, async ({ nc, store }) => {
    const jsm = await jetstreamManager(nc)
    const rows: Row[] = []
    for (const [size, samples] of [[10, 400], [1_000, 60]] as const) {
      const stream: StreamName = `deployment.load${size}`
      for (let from = 0; from < size; from += 100)
        await store.append(stream, Array.from({ length: Math.min(100, size - from) }, event), from === 0 ? 'none' : from - 1)
      const compared = await interleave({
        rounds: samples, warmUp: 20,
        ours: () => timed(async () => (await store.read(stream)).length, size),
        floor: () => timed(async () => {
          const into: Parameters<typeof directBatch>[3] = []
          await directBatch(jsm, STREAM.events, { seq: 1, batch: size, next_by_subj: `events.${stream}` }, into)
          return into.length
        }, size),
      })
      progress(`${size} events done`)
      rows.push(latencyRow({ name: `load-${size}`, ...compared, at: 0.5, most: 1.5 }))
    }
    return rows
  }),
}

const timed = async (call: () => Promise<number>, expected: number): Promise<number> => {
  const began = performance.now()
  const count = await call()
  const ms = performance.now() - began
  if (count !== expected) throw new Error(`${count} events instead of ${expected}`)
  return ms
}
