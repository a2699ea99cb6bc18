import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request as open } from 'node:http'
import { describeAnew } from '../one-record/change/testing.ts'
import { objectStore } from '../one-record/store/object-store.ts'
import { BUCKET, claimOn, startStore } from '../one-record/testing/serve.ts'
import type { StorageAccess } from '../credentials/port.ts'
import { randomId } from '../ids.ts'
import { end, type MinioServer } from '../testing/servers.ts'
import { bundleBareServer, spawnBare, type BareServer } from './floor.ts'
import { onPlayground, type Deployed, type Ground } from './ground.ts'
import { interleave } from './interleave.ts'
import { startLoad } from './load.ts'
import { memoryOf } from './memory.ts'
import { latencyRow, quantile, rateRow, type Bench, type Row } from './row.ts'
import { fallAsleep } from './wake.bench.ts'

const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const TYPE = { 'content-type': 'application/ld+json' }
const piece = (text: string) => JSON.stringify({
  '@context': { cargo: CARGO }, '@type': 'cargo:Piece', 'cargo:goodsDescription': text, 'cargo:coload': false,
  'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': { '@type': 'http://www.w3.org/2001/XMLSchema#double', '@value': '20.0' }, 'cargo:unit': { '@id': 'https://onerecord.iata.org/ns/code-lists/MeasurementUnitCode#KGM' } },
})

type Sent = { readonly status: number; readonly location: string; readonly text: string }
/** Requests over lasting connections, so many at the same time. */
const sender = (origin: string, connections: number) => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const { hostname, port, host } = new URL(origin)
  const local = hostname.endsWith('.localhost') ? '127.0.0.1' : hostname
  const send = (method: string, path: string, body?: string): Promise<Sent> =>
    new Promise((resolve, reject) => {
      open({ agent, method, host: local, port, path, headers: { host, ...(body === undefined ? {} : { ...TYPE, 'content-length': Buffer.byteLength(body) }) } }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('error', reject)
          .on('end', () => resolve({ status: answer.statusCode ?? 0, location: answer.headers.location ?? '', text }))
      }).on('error', reject).end(body)
    })
  const created = async (method: string, path: string, body: string): Promise<string> => {
    const { status, location, text } = await send(method, path, body)
    if (status !== 201) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`)
    return location
  }
  return { send, created, close: () => agent.destroy() }
}

/** Runs `work` for 0 to count - 1, `width` at the same time. */
const sideBySide = async (count: number, width: number, work: (index: number) => Promise<unknown>): Promise<void> => {
  const rest = Array(count).keys()
  await Promise.all(Array.from({ length: width }, async () => {
    for (const index of rest) await work(index)
  }))
}

const storageOf = (minio: MinioServer): StorageAccess => claimOn(minio).storage
const withServer = async <T>(work: (minio: MinioServer, server: BareServer) => Promise<T>): Promise<T> => {
  const minio = await startStore()
  try {
    const server = await spawnBare(await bundleBareServer(), storageOf(minio))
    return await work(minio, server).finally(() => server.end())
  } finally {
    await minio.stop()
  }
}

/** What the same bytes cost `node:http` alone. */
const ECHO = `const { headers, body } = JSON.parse(process.argv[1])
const server = require('node:http').createServer({ keepAliveTimeout: 0 }, (request, response) => response.writeHead(200, headers).end(body))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`

const [GET_ROUNDS, GET_ROUND_MS] = [30, 300]

/** Reading one object again and again. */
export const recordGet: Bench = {
  name: 'record-get',
  about: 'GET of a logistics object, requests/s over 32 connections | bare node:http answering the same bytes',
  run: (progress) => withServer(async (_, { url }) => {
    const client = sender(url, 1)
    const { pathname } = new URL(await client.created('POST', '/logistics-objects', piece('measured')))
    client.close()
    const answer = await fetch(new URL(pathname, url))
    const { connection: _c, 'keep-alive': _k, date: _d, 'transfer-encoding': _t, ...headers } = Object.fromEntries(answer.headers)
    const echo = spawn(process.execPath, ['-e', ECHO, JSON.stringify({ headers, body: await answer.text() })], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(echo.stdout, 'data')) as [Buffer]
    const loads = [startLoad(Number(new URL(url).port), 'bare.localhost', [], pathname), startLoad(Number(String(line)), 'bare.localhost', [], pathname)] as const
    try {
      const samples = await interleave({ rounds: GET_ROUNDS, warmUp: 5, progress, ours: () => loads[0].measure(GET_ROUND_MS), floor: () => loads[1].measure(GET_ROUND_MS) })
      return [rateRow({ name: 'record-get', ...samples, least: 0.5 })]
    } finally {
      await Promise.all(loads.map((load) => load.close()))
      await end(echo)
    }
  }),
}

const [POSTS, POST_ROUNDS, IN_FLIGHT] = [1_000, 10, 16]

/** Making objects, each durable before its 201. */
export const recordPost: Bench = {
  name: 'record-post',
  about: `durable POST of a logistics object, requests/s, ${IN_FLIGHT} in flight | conditional PUT of as many bytes into MinIO`,
  run: (progress) => withServer(async (minio, { url }) => {
    const client = sender(url, IN_FLIGHT)
    const store = objectStore({ ...storageOf(minio), bucket: BUCKET })
    const body = Buffer.from(piece('x'.repeat(400)))
    const perSecond = async (work: (index: number) => Promise<unknown>): Promise<number> => {
      const began = performance.now()
      await sideBySide(POSTS, IN_FLIGHT, work)
      return (POSTS * 1000) / (performance.now() - began)
    }
    try {
      const samples = await interleave({
        rounds: POST_ROUNDS, warmUp: 2, progress,
        ours: () => perSecond((index) => client.created('POST', '/logistics-objects', piece(String(index)))),
        floor: () => perSecond(() => store.create(`floor/${randomId()}`, [body])),
      })
      return [rateRow({ name: 'record-post', ...samples, least: 0.9 })]
    } finally {
      client.close()
      store.closeSockets()
    }
  }),
}

const [MANY, FEW, REVISIONS] = [10_000, 10, 3]

/** So many objects of three revisions each; resolves to the paths of some. */
const fill = async (url: string, count: number, progress: (text: string) => void): Promise<readonly string[]> => {
  const client = sender(url, 32)
  const paths: string[] = []
  let done = 0
  try {
    await sideBySide(count, 32, async (index) => {
      const iri = await client.created('POST', '/logistics-objects', piece(`${index}-1`))
      const { pathname } = new URL(iri)
      for (let revision = 1; revision < REVISIONS; revision += 1) await client.created('PATCH', pathname, JSON.stringify(describeAnew(iri, revision, `${index}-${revision}`, `${index}-${revision + 1}`)))
      if (index % 97 === 0 || count <= 100) paths.push(pathname)
      if ((done += 1) % 2_500 === 0) progress(`${done} of ${count} objects, each with ${REVISIONS} revisions`)
    })
  } finally {
    client.close()
  }
  return paths
}

const COLD_ROUNDS = 30

/** From hibernated to an object, in a large record and in a small one. */
export const recordCold: Bench = {
  name: 'record-cold',
  about: `hibernated to the first GET of an object, ${MANY.toLocaleString('en')} objects of ${REVISIONS} revisions | ${FEW} of them`,
  run: (progress) => onPlayground(4, async (ground) => {
    const prepare = async (count: number) => {
      const deployment = await ground.api.call<Deployed>('POST', '', { settings: { open: true, requestsPerMinute: 1_000_000, maxObjects: 100_000 } })
      return { deployment, paths: await fill(deployment.url, count, progress) }
    }
    const [many, few] = [await prepare(MANY), await prepare(FEW)]
    const cold = ({ deployment, paths }: typeof many) => async (round: number): Promise<number> => {
      await fallAsleep(ground, deployment, 'hibernate')
      return await get(ground, deployment, paths[Math.abs(round * 7) % paths.length] ?? '')
    }
    return [latencyRow({ name: 'record-cold', ...(await interleave({ rounds: COLD_ROUNDS, warmUp: 3, progress, ours: cold(many), floor: cold(few) })), at: 0.5, most: 1.2 })]
  }, { PAUSE_AFTER_SECONDS: '3600' }),
}

const get = async ({ client }: Ground, { url }: Deployed, path: string): Promise<number> => {
  const { status, ms, body } = await client.ask(url + path)
  if (status !== 200) throw new Error(`${url}${path}: ${status} ${body.toString('utf8').slice(0, 300)}`)
  return ms
}

const BOOT_ROUNDS = 15

/** A server by itself: its start to the first object, and its memory when it rests, with a large record and with one object. */
export const recordBoot: Bench = {
  name: 'record-boot',
  about: `spawn to the first GET of an object, and memory (PSS) at rest after it, ${MANY.toLocaleString('en')} objects of ${REVISIONS} revisions | 1 object`,
  run: async (progress) => {
    const minio = await startStore()
    try {
      const bundle = await bundleBareServer()
      const prepare = async (count: number) => {
        const storage = storageOf(minio)
        const server = await spawnBare(bundle, storage)
        return { storage, paths: await fill(server.url, count, progress).finally(() => server.end()) }
      }
      const [many, one] = [await prepare(MANY), await prepare(1)]
      const memory: { many: number[]; one: number[] } = { many: [], one: [] }
      const boot = ({ storage, paths }: typeof many, samples: number[]) => async (round: number): Promise<number> => {
        const began = performance.now()
        const server = await spawnBare(bundle, storage)
        const answer = await fetch(new URL(paths[Math.abs(round) % paths.length] ?? '', server.url))
        await answer.arrayBuffer()
        const ms = performance.now() - began
        if (answer.status !== 200) throw new Error(`${answer.status} of ${answer.url}`)
        if (round >= 0) samples.push(memoryOf(server.pid))
        await server.end()
        return ms
      }
      const samples = await interleave({ rounds: BOOT_ROUNDS, warmUp: 2, progress, ours: boot(many, memory.many), floor: boot(one, memory.one) })
      return [latencyRow({ name: 'record-boot', ...samples, at: 0.5, most: 1.2 }), memoryRow(memory.many, memory.one)]
    } finally {
      await minio.stop()
    }
  },
}

const MIB = 1024 * 1024
const memoryRow = (ours: readonly number[], floor: readonly number[]): Row => {
  const [value, base] = [quantile(ours, 0.5) / MIB, quantile(floor, 0.5) / MIB]
  return {
    name: 'record-memory', value, unit: 'MiB', floor: base, ratio: value / base, n: ours.length, p50: value, p95: quantile(ours, 0.95) / MIB, p99: quantile(ours, 0.99) / MIB,
    target: '<= 1.2', met: value / base <= 1.2,
  }
}
