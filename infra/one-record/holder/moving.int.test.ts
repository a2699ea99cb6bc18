import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { CARGO, XSD } from '../namespaces.ts'
import { client } from '../testing/client.ts'
import { serve, startStore, type Served } from '../testing/serve.ts'

let minio: MinioServer
beforeAll(async () => { minio = await startStore() })
afterAll(() => minio.stop())

const NDJSON = 'application/x-ndjson'
const QUADS = 'application/n-quads'
const ELSEWHERE = 'https://elsewhere.example/base'
type Report = Readonly<Record<'created' | 'revised' | 'events' | 'kept' | 'left' | 'refused', number>> & { readonly problems: readonly { readonly line: number; readonly logisticsObject: string | null; readonly status: number; readonly message: string }[] }

const bring = async ({ address }: Served, body: string | Buffer, type = NDJSON, headers: Readonly<Record<string, string>> = {}): Promise<Report> => {
  const answer = await fetch(`${address}/holder/import`, { method: 'POST', headers: { 'content-type': type, ...headers }, body })
  if (answer.status !== 200) throw new Error(`the import answers ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Report
}
const take = async ({ address }: Served, query = ''): Promise<string> => (await fetch(`${address}/holder/export${query}`)).text()
/** Blank nodes are named anew in each export; all else is byte by byte the same. */
const sorted = (text: string): readonly string[] => text.split('\n').toSorted()

const dateTime = (value: string) => ({ '@type': `${XSD}dateTime`, '@value': value })
/** Documents of `count` objects, each with one to three revisions and some with events, linked among one another. */
const documents = (count: number): string => {
  const iri = (n: number) => `${ELSEWHERE}/logistics-objects/object-${n}`
  const lines: unknown[] = []
  const context = { '@context': { cargo: CARGO, api: 'https://onerecord.iata.org/ns/api#' } }
  for (let n = 0; n < count; n += 1) {
    for (let revision = 1; revision <= 1 + (n % 3); revision += 1) {
      lines.push({
        ...context, '@id': iri(n), '@type': 'cargo:Piece', 'api:hasRevision': revision, 'api:hasLatestRevision': revision,
        'cargo:goodsDescription': `Goods ${n} "at" revision ${revision}\n\t\\ € 😀`, 'cargo:coload': n % 2 === 0, 'http://foreign.test/number': [n, n / 7, -0.000001],
        'cargo:grossWeight': { '@id': `internal:weight-${n}`, '@type': 'cargo:Value', 'cargo:numericalValue': { '@type': `${XSD}double`, '@value': `${n}.50` } },
        'cargo:containedPieces': [{ '@id': iri((n + 1) % count) }, { '@id': 'https://1r.example.com/logistics-objects/1' }],
        'http://foreign.test/address': { '@type': `${XSD}anyURI`, '@value': iri(n) }, 'http://foreign.test/list': { '@list': [1, { '@list': ['x', { '@id': iri(0) }] }] }, 'http://foreign.test/word': { '@language': 'de', '@value': 'Stück' },
      })
    }
    for (let e = 0; e < n % 2; e += 1) {
      lines.push({ ...context, '@id': `${iri(n)}/logistics-events/e${e}`, '@type': 'cargo:LogisticsEvent', 'cargo:creationDate': dateTime('2024-05-06T07:08:09.123Z'), 'cargo:eventDate': dateTime('2024-05-06T07:00:00+02:00'), 'cargo:eventFor': { '@id': iri(n), '@type': 'cargo:Piece' }, 'cargo:eventName': 'Departed' })
    }
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

test('a record of thousands of objects moves whole, and twice changes nothing', { timeout: 240_000 }, async () => {
  const first = await serve(minio)
  expect(await bring(first, documents(2_000))).toEqual({ created: 2_000, revised: 1_999, events: 1_000, kept: 0, left: 0, refused: 0, problems: [] })
  const whole = await take(first, '?history=true')
  expect(whole.split('\n')).toHaveLength(2_000 + 1_999 + 1_000 + 2)
  expect(whole).not.toContain(ELSEWHERE)

  const second = await serve(minio)
  const moved = whole.replaceAll(first.base, ELSEWHERE)
  expect(await bring(second, gzipSync(moved), NDJSON, { 'content-encoding': 'gzip' })).toMatchObject({ created: 2_000, revised: 1_999, events: 1_000, left: 1, refused: 0 })
  expect(await take(second, '?history=true')).toBe(whole)
  expect(await bring(second, moved)).toMatchObject({ created: 0, revised: 0, events: 0, kept: 4_999, left: 1, refused: 0 })
  expect(await take(second, '?history=true')).toBe(whole)
  expect(await client(second).json(`${second.base}/holder/objects?text=1234`)).toMatchObject({ items: [{ url: `${second.base}/logistics-objects/object-1234`, revision: 2 }] })
  expect(await client(second).json(`${second.base}/logistics-objects/object-1/logistics-events?created-before=20250101T000000Z`)).toMatchObject({ 'api:hasTotalItems': 1, 'api:hasItem': [{ 'cargo:creationDate': { '@value': '2024-05-06T07:08:09.123Z' } }] })
  await first.stop()
  await second.stop()
})

test('an import that was cut goes on where it ended', async () => {
  const [cut, straight] = [await serve(minio), await serve(minio)]
  const all = documents(120)
  const lines = all.split('\n')
  await bring(cut, lines.slice(0, 151).join('\n'))
  expect(await bring(cut, all)).toMatchObject({ kept: 151, refused: 0 })
  await bring(straight, all)
  expect(await take(cut, '?history=true')).toBe(await take(straight, '?history=true'))
  await cut.stop()
  await straight.stop()
})

test('the newest revisions move too, as the first of objects', async () => {
  const [first, second] = [await serve(minio), await serve(minio)]
  await bring(first, documents(50))
  const newest = await take(first)
  expect(await bring(second, newest)).toMatchObject({ created: 50, revised: 0, events: 25, left: 1 })
  expect(await bring(second, newest)).toMatchObject({ created: 0, kept: 75 })
  const numbers = (text: string) => text.replaceAll(/"api:has(Latest)?Revision":\d+/g, '')
  expect(numbers(await take(second))).toBe(numbers(newest))
  await first.stop()
  await second.stop()
})

test.each(['', '&history=true'])('N-Quads say the same%s', async (history) => {
  const [first, second] = [await serve(minio), await serve(minio)]
  await bring(first, documents(60))
  const quads = await take(first, `?format=nquads${history}`)
  const report = await bring(second, quads.replaceAll(first.base, ELSEWHERE), QUADS)
  expect(report).toMatchObject({ created: 60, revised: history === '' ? 0 : 60, events: 30, left: 1, refused: 0 })
  const unnumbered = (text: string) => sorted(text.replaceAll(/_:c\d+/g, '_:c').replaceAll(history === '' ? /.*#hasRevision>.*\n/g : /$^/g, ''))
  expect(unnumbered(await take(second, `?format=nquads${history}`))).toEqual(unnumbered(quads))
  expect(await bring(second, quads, QUADS)).toMatchObject({ created: 0, refused: 0, kept: report.created + report.revised + report.events })
  await first.stop()
  await second.stop()
})

test('what is another object here is refused alone, by line, and stays as it was', async () => {
  const server = await serve(minio)
  const api = client(server)
  const iri = await api.make({ '@context': { cargo: CARGO }, '@id': 'http://x.test/logistics-objects/object-1', '@type': 'cargo:Piece', 'cargo:goodsDescription': 'mine' })
  const report = await bring(server, `${documents(3)}\nnonsense\n{"@id":"http://x.test/1"}\n`)
  expect(report).toMatchObject({ created: 2, refused: 5, events: 0 })
  expect(report.problems.map(({ line, status }) => [line, status])).toEqual([[2, 409], [3, 409], [4, 409], [9, 400], [10, 400]].map(([line, status]) => [line, status]))
  expect(await api.json(iri)).toMatchObject({ 'cargo:goodsDescription': 'mine', 'api:hasRevision': 1 })
  await server.stop()
})

test('whatever is sent, nothing but documents of an export is taken', async () => {
  const server = await serve(minio)
  const before = await take(server)
  const lines = documents(2).trim().split('\n')
  const mutated = fc.tuple(fc.constantFrom(...lines), fc.nat(), fc.nat(40), fc.string({ unit: 'binary', maxLength: 10 })).map(([line, at, length, put]) => line.slice(0, at % line.length) + put + line.slice((at % line.length) + length))
  const body = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), mutated, fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)))
  await fc.assert(fc.asyncProperty(body, fc.constantFrom(NDJSON, QUADS), async (sent, type) => {
    const answer = await fetch(`${server.address}/holder/import`, { method: 'POST', headers: { 'content-type': type }, body: sent as string })
    expect(answer.status === 200 || (answer.status >= 400 && answer.status < 500)).toBe(true)
  }), { numRuns: 400 })
  const after = (await take(server)).split('\n').filter((line) => !line.includes('/logistics-objects/object-'))
  expect(after.filter(Boolean)).toEqual(before.split('\n').filter((line) => line.includes('_data-holder')))
  expect((await fetch(`${server.address}/holder/import`, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'x' })).status).toBe(415)
  expect((await fetch(`${server.address}/holder/import`, { method: 'POST', headers: { 'content-type': NDJSON }, body: 'x'.repeat(3_000_000) })).status).toBe(413)
  expect((await fetch(`${server.address}/holder/export?format=csv`)).status).toBe(400)
  await server.stop()
})
