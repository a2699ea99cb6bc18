import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomId } from '../ids.ts'
import type { Claim } from '../slot/port.ts'
import { end, type MinioServer } from '../testing/servers.ts'
import { client } from './testing/client.ts'
import { example } from './testing/examples.ts'
import { claimOn, serve, startStore } from './testing/serve.ts'

let minio: MinioServer
beforeAll(async () => { minio = await startStore() })
afterAll(() => minio.stop())

const ROUNDS = 6
const CONCURRENCY = 16

const start = async (claim: Claim) => {
  const child = spawn(process.execPath, [`${import.meta.dirname}/testing/main.ts`, JSON.stringify(claim)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, address: `http://127.0.0.1:${port.toString().trim()}` }
}

test('a process killed at any moment loses nothing that it answered with 201', async () => {
  const prefix = `${randomId()}/`
  const answered = new Map<string, string>()
  for (let round = 1; round <= ROUNDS; round++) {
    const { child, address } = await start(claimOn(minio, { prefix, epoch: round }))
    let killed = false
    const work = async (worker: number) => {
      for (let index = 0; !killed; index++) {
        const text = `${round}/${worker}/${index}`
        const body = JSON.stringify({ ...(example('Piece') as object), 'cargo:goodsDescription': text })
        const answer = await fetch(`${address}/logistics-objects`, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body }).catch(() => null)
        if (answer?.status === 201) answered.set(answer.headers.get('location') ?? '', text)
      }
    }
    const working = Promise.all(Array.from({ length: CONCURRENCY }, (_, worker) => work(worker)))
    await sleep(100 + Math.random() * 300)
    await end(child, 'SIGKILL')
    killed = true
    await working
  }
  expect(answered.size).toBeGreaterThan(ROUNDS * CONCURRENCY)

  const server = await serve(minio, { prefix, epoch: ROUNDS + 1 })
  for (const [iri, text] of answered) expect(await client(server).json(iri)).toMatchObject({ 'api:hasRevision': 1, 'api:hasLatestRevision': 1, 'cargo:goodsDescription': text })
  await server.stop()
})
