import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomId } from '../ids.ts'
import type { MinioServer } from '../testing/servers.ts'
import { objectBody } from './objects/body.ts'
import { putObject } from './objects/rows.ts'
import { objectIri } from './objects/split.ts'
import { openRecord } from './store/record.ts'
import { client } from './testing/client.ts'
import { flakyProxy } from './testing/flaky-proxy.ts'
import { serve } from './testing/serve.ts'
import { BASE, claimOn, startStore } from './testing/store.ts'

let minio: MinioServer
beforeAll(async () => { minio = await startStore() })
afterAll(() => minio.stop())

const TYPE = 'https://onerecord.iata.org/ns/cargo#Piece'
const REVISIONS = 3
const AT_ONCE = 250

const bodyOf = (id: string, revision: number): Buffer => {
  const iri = objectIri(BASE, id)
  const text = { kind: 'literal' as const, value: `revision ${revision}`, datatype: null, language: null }
  return objectBody(new Map([[iri, { id: iri, types: [TYPE], properties: new Map([['https://onerecord.iata.org/ns/cargo#goodsDescription', { values: [text], array: false }]]) }]]), iri, revision)
}

/** A record of so many objects with three revisions each, put to sleep. Resolves to its prefix. */
const seed = async (objects: number): Promise<string> => {
  const prefix = `${randomId()}/`
  const record = await openRecord(claimOn(minio, { prefix }), { genesis: async () => {}, limit: { bytes: Infinity, reached: () => {} }, complain: (error) => { throw error } })
  for (let revision = 1; revision <= REVISIONS; revision += 1) {
    for (let from = 0; from < objects; from += AT_ONCE) {
      await record.write(async (tx) => {
        for (let n = from; n < Math.min(from + AT_ONCE, objects); n += 1) await putObject(tx, { id: `o${n}`, type: TYPE, revision, body: bodyOf(`o${n}`, revision) })
      })
    }
  }
  expect(await record.rest()).toEqual({ busy: null })
  return prefix
}

/** Requests to the object store from the claim to the first object that is read. */
const firstRead = async (prefix: string, path: string, epoch: number): Promise<readonly string[]> => {
  const proxy = await flakyProxy(minio.port)
  const server = await serve(minio, { prefix, epoch, endpoint: proxy.url })
  const answer = await client(server).get(path)
  expect([answer.status, answer.headers.get('latest-revision')]).toEqual([200, String(REVISIONS)])
  const requests = [...proxy.requests]
  await server.stop()
  await proxy.stop()
  return requests
}

/** The fewest of three wakes: on a slow machine the record's own duties begin before the answer, with requests of their own. */
const wakes = async (prefix: string, path: string): Promise<number> => {
  const counts: number[] = []
  for (const epoch of [2, 3, 4]) counts.push((await firstRead(prefix, path, epoch)).length)
  return Math.min(...counts)
}

test('from a claim to the first read the object store is asked about the same, with ten objects or ten thousand', async () => {
  const small = await wakes(await seed(10), '/logistics-objects/o3')
  const large = await wakes(await seed(10_000), '/logistics-objects/o7777')
  process.stdout.write(`requests of a wake and its first read: ${small} with 10 objects, ${large} with 10,000\n`)
  // the object and what is owed later: of each at most a leaf of the index and one page between it and the root, which comes with the
  // checkpoint; and the operations of a commit that is no small one
  expect(large).toBeLessThanOrEqual(small + 2 * 2 + 1)
}, 180_000)
