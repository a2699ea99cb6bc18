import { Readable } from 'node:stream'
import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { invalidQuery } from '../http/api-error.ts'
import type { Call } from '../http/router.ts'
import type { Graph } from '../json-ld/graph.ts'
import { eventIri } from '../logistics-events/receive-event.ts'
import { API } from '../namespaces.ts'
import { objectGraph } from '../objects/body.ts'
import { objectIri } from '../objects/split.ts'
import { below, partsOf } from '../store/key.ts'
import type { Reader, Row } from '../store/port.ts'
import { scanPages } from '../store/scan-page.ts'
import { writeQuads } from './quads-writer.ts'

/** One document of an export: an object at a revision, or an event (`revision` null). `name`: its graph in N-Quads. */
type Exported = { readonly iri: string; readonly name: string; readonly revision: number | null; readonly body: Buffer }

/** Documents read from the object store at the same time, and rows read at once. */
const AT_ONCE = 16
const PAGE = 200

const FORMATS = {
  jsonld: { type: 'application/x-ndjson', suffix: 'ndjson', write: ({ body }: Exported) => `${body.toString()}\n` },
  nquads: { type: 'application/n-quads', suffix: 'nq', write: (exported: Exported, label: () => string) => quadsOf(exported, label) },
} as const

/**
 * GET /holder/export?format=jsonld|nquads&history=true|false: all objects with their events, as of one commit, whatever is written
 * meanwhile. `jsonld` is a document of JSON-LD in each line, as it is served; `nquads` a named graph for each document. With `history`
 * every revision of every object, in order; else the newest. Action requests, grants and the bytes of documents are not in it.
 */
export const exportRecord = ({ base, record, access }: Server) => ({ query, agent }: Call): Answer => {
  access.holderOnly(agent)
  const [format, history] = [query.get('format') ?? 'jsonld', query.get('history') ?? 'false']
  if (format !== 'jsonld' && format !== 'nquads') throw invalidQuery('format must be jsonld or nquads.')
  if (history !== 'true' && history !== 'false') throw invalidQuery('history must be true or false.')
  const { type, suffix, write } = FORMATS[format]
  return {
    status: 200,
    body: Readable.from(written(record.reader(), base, history === 'true', write)),
    headers: { 'content-type': type, 'content-disposition': `attachment; filename="record.${suffix}"`, 'cache-control': 'no-store' },
  }
}

async function* written(reader: Reader, base: string, history: boolean, write: (exported: Exported, label: () => string) => string): AsyncGenerator<string> {
  let cells = 0
  const label = (): string => `c${(cells += 1)}`
  let text = ''
  for await (const exported of documents(reader, base, history)) {
    text += write(exported, label)
    if (text.length < CHUNK) continue
    yield text
    text = ''
  }
  yield text
}
/** Characters written at once. */
const CHUNK = 64 * 1024

async function* documents(reader: Reader, base: string, history: boolean): AsyncGenerator<Exported> {
  for await (const object of rows(reader, below('object'))) {
    const id = partsOf(object.key).at(-1) ?? ''
    const iri = objectIri(base, id)
    const revision = (row: Row): number => (row.value as { readonly revision: number }).revision
    const revisions = history ? rows(reader, below('revision', id)) : [object]
    yield* withBodies(reader, revisions, (row, body) => ({ iri, name: history ? `${iri}?revision=${revision(row)}` : iri, revision: revision(row), body }))
    yield* withBodies(reader, rows(reader, below('event-created', id)), (row, body) => {
      const event = eventIri(base, id, (row.value as { readonly id: string }).id)
      return { iri: event, name: event, revision: null, body }
    })
  }
}

async function* rows(reader: Reader, prefix: string): AsyncGenerator<Row> {
  for await (const page of scanPages(reader, prefix, PAGE)) yield* page
}

async function* withBodies(reader: Reader, from: AsyncIterable<Row> | Iterable<Row>, exported: (row: Row, body: Buffer) => Exported): AsyncGenerator<Exported> {
  const read = async (group: readonly Row[]) => Promise.all(group.map(async (row) => (row.place ? [exported(row, await reader.body(row.place))] : [])))
  let group: Row[] = []
  for await (const row of from) {
    group.push(row)
    if (group.length < AT_ONCE) continue
    yield* (await read(group)).flat()
    group = []
  }
  yield* (await read(group)).flat()
}

const quadsOf = ({ iri, name, revision, body }: Exported, label: () => string): string => {
  const graph = objectGraph(body, iri)
  const object = graph.get(iri)
  if (revision === null || !object) return writeQuads(graph, name, label)
  const number = { values: [{ kind: 'literal' as const, value: revision, datatype: null, language: null }], array: false }
  const whole: Graph = new Map(graph).set(iri, { ...object, properties: new Map([[`${API}hasRevision`, number], ...object.properties]) })
  return writeQuads(whole, name, label)
}
