import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openClaim } from '../../slot/open-claim.ts'
import { end, type MinioServer } from '../../testing/servers.ts'
import { CARGO } from '../namespaces.ts'
import { claimOn, startStore } from '../testing/serve.ts'

let minio: MinioServer
beforeAll(async () => { minio = await startStore() })
let child: ChildProcess | undefined
afterAll(async () => {
  if (child) await end(child)
  await minio.stop()
})

const MB = 1024 * 1024
const SIZE = 200 * MB
/** Most that the process may grow by: what is on its way in sockets, and chunks that the collector has not got to yet. */
const MOST_GROWTH = 96 * MB

/** The most memory a process has had, bytes (proc(5), VmHWM). */
const peak = async (pid: number | undefined): Promise<number> => Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

test('a document of 200 MB passes through without staying in memory, both ways', async () => {
  const { limits } = openClaim()
  const claim = claimOn(minio, { settings: { limits: { ...limits, documentBytes: SIZE } } })
  const started = spawn(process.execPath, [`${import.meta.dirname}/../testing/main.ts`, JSON.stringify(claim)], { stdio: ['ignore', 'pipe', 'inherit'] })
  child = started
  const [port] = (await once(started.stdout, 'data')) as [Buffer]
  const address = `http://127.0.0.1:${port.toString().trim()}`
  const made = await fetch(`${address}/logistics-objects`, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: JSON.stringify({ '@context': { cargo: CARGO }, '@type': 'cargo:Piece' }) })
  const url = `${address}${new URL(made.headers.get('location') ?? '').pathname}/documents/large`
  const chunk = randomBytes(MB)
  const send = (count: number) =>
    fetch(url, { method: 'PUT', headers: { 'content-length': String(count * MB) }, body: Readable.toWeb(Readable.from(Array.from({ length: count }, () => chunk))), duplex: 'half' } as RequestInit)
  // what streams cost at all is no growth by their size
  expect((await send(2)).status).toBe(201)
  await (await fetch(url)).arrayBuffer()
  const before = await peak(started.pid)

  expect((await send(SIZE / MB)).status).toBe(204)
  const answer = await fetch(url)
  const hash = createHash('sha256')
  for await (const part of answer.body ?? []) hash.update(part)
  expect(answer.headers.get('repr-digest')).toBe(`sha-256=:${hash.digest('base64')}:`)
  expect(Buffer.from(await (await fetch(url, { headers: { range: `bytes=${SIZE - 10}-` } })).arrayBuffer()).equals(chunk.subarray(-10))).toBe(true)
  expect(await peak(started.pid) - before).toBeLessThan(MOST_GROWTH)
})
