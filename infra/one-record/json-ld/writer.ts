import { invalidBody } from '../http/api-error.ts'
import { API, CARGO } from '../namespaces.ts'
import type { Graph, Property, Value } from './graph.ts'

/** Context of everything this server writes. */
export const CONTEXT = { cargo: CARGO, api: API } as const

type Json = Record<string, unknown>

/** Levels of nodes and lists at most, so that what is written can be read again. */
const MOST_LEVELS = 50

/** `cargo:x` or `api:x`; every other IRI whole. */
export const compactIri = (iri: string): string => {
  const [name, namespace] = iri.startsWith(CARGO) ? ['cargo', CARGO] : iri.startsWith(API) ? ['api', API] : ['', '']
  const local = iri.slice(namespace.length)
  return name !== '' && /^[\w-]+$/.test(local) ? `${name}:${local}` : iri
}

/**
 * Writes a node nested and compacted, without `@context`: each subject in whole where it is first linked from, by `@id` after that.
 * `extra` goes between the types and the properties of the root; `idOf` may change ids on the way (history adds `?at=`).
 * @throws ApiError 400 when it nests too deeply
 */
export const writeNode = (graph: Graph, root: string, extra: Readonly<Json> = {}, idOf = (id: string): string => id): Json => {
  const written = new Set<string>()

  const node = (id: string, level: number): Json => {
    const subject = graph.get(id)
    if (!subject || written.has(id)) return { '@id': idOf(id) }
    if (level > MOST_LEVELS) throw invalidBody(`More than ${MOST_LEVELS} objects are nested in each other.`, { resource: id })
    written.add(id)
    const types = subject.types.map(compactIri)
    const json: Json = { '@id': idOf(id) }
    if (types.length > 0) json['@type'] = types.length === 1 ? types[0] : types
    if (id === root) Object.assign(json, extra)
    for (const [iri, property] of subject.properties) json[compactIri(iri)] = values(property, level)
    return json
  }
  const values = ({ values: all, array }: Property, level: number): unknown => {
    const list = all.map((each) => value(each, level + 1))
    return !array && list.length === 1 ? list[0] : list
  }
  const value = (given: Value, level: number): unknown => {
    if (given.kind === 'link') return node(given.id, level)
    if (level > MOST_LEVELS) throw invalidBody(`More than ${MOST_LEVELS} lists are nested in each other.`)
    if (given.kind === 'list') return { '@list': given.items.map((item) => value(item, level + 1)) }
    if (given.datatype !== null) return { '@type': given.datatype, '@value': given.value }
    return given.language === null ? given.value : { '@language': given.language, '@value': given.value }
  }
  return node(root, 0)
}

/** The whole document, with its context. */
export const writeDocument = (graph: Graph, root: string, extra: Readonly<Json> = {}, idOf?: (id: string) => string): Json => ({
  '@context': CONTEXT,
  ...writeNode(graph, root, extra, idOf),
})
