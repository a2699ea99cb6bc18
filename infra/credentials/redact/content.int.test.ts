import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { logger } from '../../log.ts'
import { describeAnew } from '../../one-record/change/testing.ts'
import { serve, startStore, BUCKET, type Served } from '../../one-record/testing/serve.ts'
import type { MinioServer } from '../../testing/servers.ts'
import { ensureBucket } from '../bucket.ts'
import { versions } from '../erase.ts'
import { connectRoot, type Root } from '../root.ts'
import { redactContent } from './content.ts'
import { deleteObject, keysBelow } from './objects.ts'

let minio: MinioServer
let root: Root
beforeAll(async () => {
  minio = await startStore()
  root = connectRoot({ endpoint: minio.url, region: 'us-east-1', bucket: BUCKET, user: minio.user, password: minio.password })
  await ensureBucket(root, logger('credentials', 'silent'))
})
afterAll(() => minio.stop())

let served: Served | undefined
afterEach(async () => served?.stop())

const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const piece = (goods: string) => JSON.stringify({ '@context': { cargo: CARGO }, '@type': 'cargo:Piece', 'cargo:goodsDescription': goods })
const json = { 'content-type': 'application/ld+json' }

const ask = async (of: Served, path: string, init: RequestInit = {}) => {
  const answer = await fetch(of.address + path, init)
  return { status: answer.status, location: answer.headers.get('location') ?? '', text: await answer.text() }
}
const create = async (of: Served, goods: string) => {
  const { status, location } = await ask(of, '/logistics-objects', { method: 'POST', body: piece(goods), headers: json })
  expect(status).toBe(201)
  return location
}
const pathOf = (iri: string) => new URL(iri).pathname
const idOf = (iri: string) => iri.slice(iri.lastIndexOf('/') + 1)

const change = (of: Served, iri: string, revision: number, before: string, after: string) =>
  ask(of, pathOf(iri), { method: 'PATCH', body: JSON.stringify(describeAnew(iri, revision, before, after, { 'api:hasDescription': `from ${before}` })), headers: json })

/** Every version of every object of the record that holds one of these words. */
const holding = async (prefix: string, words: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = []
  for (const { key, versionId } of await versions(prefix, root)) {
    const bytes = Buffer.from(await (await root.send('GET', `/${root.bucket}/${key}?versionId=${versionId}`)).arrayBuffer())
    const text = bytes.toString().toLowerCase()
    if (words.some((word) => text.includes(word))) found.push(key)
  }
  return found
}

const erase = async (of: Served, iri: string) => {
  const { status, text } = await ask(of, '/holder/erasures', { method: 'POST', body: JSON.stringify({ logisticsObject: iri }), headers: { 'content-type': 'application/json' } })
  expect([status, text]).toEqual([201, expect.any(String)])
  await expect.poll(() => of.application.report().erasures.length, { timeout: 30_000 }).toBeGreaterThan(0)
}

/** As the platform does: again, as long as it has to wait for the index, which the server writes although nothing else happens to the record. */
const redact = async (of: Served) => {
  const [pending] = of.application.report().erasures
  if (!pending) throw new Error('nothing is pending')
  const request = { deploymentId: of.claim.deploymentId, object: pending.object, commit: pending.commit }
  const done = await vi.waitUntil(async () => {
    const answer = await redactContent(request, root)
    return answer.state === 'done' ? answer : null
  }, { timeout: 60_000, interval: 50 })
  return { done, pending, again: await redactContent(request, root) }
}

test.each([['with a log alone', 1_000, 12], ['with an index of many pages', 4, 12], ['with pages in objects of their own', 60, 130]])('%s no version of any object holds erased content; everything else is as it was', async (_, checkpointEvery, others) => {
  served = await serve(minio, { checkpointEvery })
  const secret = await create(served, 'Geheimnis')
  const other = await create(served, 'Brot')
  for (let n = 0; n < others; n += 1) await create(served, `Kiste ${n}`)
  expect((await change(served, secret, 1, 'Geheimnis', 'Mysterium')).status).toBe(201)
  expect((await change(served, other, 1, 'Brot', 'Kuchen')).status).toBe(201)
  const document = await ask(served, `${pathOf(secret)}/documents/mysterium.txt`, { method: 'PUT', body: 'das Geheimnis', headers: { 'content-type': 'text/plain' } })
  expect(document.status).toBe(201)
  const { prefix } = served.claim.storage
  const words = ['geheimnis', 'mysterium']
  expect((await holding(prefix, words)).length).toBeGreaterThan(2)
  if (others > 100) expect((await holding(`${prefix}pages/`, words)).length).toBeGreaterThan(0)

  await erase(served, secret)
  expect((await ask(served, pathOf(secret))).status).toBeGreaterThanOrEqual(400)
  const { done, pending, again } = await redact(served)
  expect(pending.object).toBe(idOf(secret))
  expect(done).toMatchObject({ state: 'done', commits: expect.toSatisfy((commits: number) => commits >= 2) })
  expect(await holding(prefix, words)).toEqual([])
  expect(again).toMatchObject({ state: 'done', commits: 0 })

  await served.application.erased(pending.id)
  expect(served.application.report().erasures).toEqual([])
  expect((await ask(served, `${pathOf(other)}`)).text).toContain('Kuchen')
  await served.stop()
  // the next claim reads it from the index, the one after it, which finds none, from the log
  for (const epoch of [2, 3]) {
    if (epoch === 3) for (const folder of ['checkpoints/', 'pages/']) for await (const key of keysBelow(prefix + folder, root)) await deleteObject(key, root)
    served = await serve(minio, { prefix, epoch, checkpointEvery })
    expect((await ask(served, pathOf(other))).text).toContain('Kuchen')
    expect((await ask(served, pathOf(secret))).status).toBeGreaterThanOrEqual(400)
    expect(await ask(served, '/holder/objects?text=kuchen')).toMatchObject({ status: 200, text: expect.stringContaining(idOf(other)) })
    for (const word of words) expect(JSON.parse((await ask(served, `/holder/objects?text=${word}`)).text)).toMatchObject({ items: [] })
    await served.stop()
  }
})
