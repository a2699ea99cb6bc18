import { invalidBody } from '../http/api-error.ts'
import { isBlank, type Graph, type Property, type Subject, type Value } from '../json-ld/graph.ts'
import { parseJson, readJsonLd } from '../json-ld/reader.ts'
import { API, XSD } from '../namespaces.ts'
import { objectIri } from '../objects/split.ts'
import { stableId } from '../objects/stable-id.ts'
import { graphOf, readQuad, type Quad } from './quads-reader.ts'

/** What one document of an export says, with the addresses of this server: an object at a revision, or an event of an object. */
export type Unit = { readonly object: string; readonly event: string | null; readonly iri: string; readonly revision: number | null; readonly graph: Graph }
/** A document of an export before it is read: `line` is where it begins, from 1. */
export type Raw = { readonly line: number; readonly characters: number; read(base: string): Unit }

const ADDRESS = /^(https?:\/\/[^?#]+)\/logistics-objects\/([A-Za-z0-9_][\w.~-]{0,127})(?:\/logistics-events\/([\w.~-]{1,128}))?\/?$/
const [REVISION, LATEST] = [`${API}hasRevision`, `${API}hasLatestRevision`]

/** Each line is a document of JSON-LD. */
export async function* jsonUnits(lines: AsyncIterable<string>): AsyncGenerator<Raw> {
  let line = 0
  for await (const text of lines) {
    line += 1
    if (text.trim() === '') continue
    yield { line, characters: text.length, read: (base) => {
      const { graph, roots } = readJsonLd(parseJson(text))
      return placed(graph, roots[0] ?? '', base)
    } }
  }
}

/** Lines of one named graph that follow each other are a document. @param most characters of one document @throws ApiError 400 */
export async function* quadUnits(lines: AsyncIterable<string>, most: number): AsyncGenerator<Raw> {
  let [line, begin, characters] = [0, 1, 0]
  let name: string | null = null
  let quads: Quad[] = []
  const unit = (): Raw => {
    const [own, graph] = [quads, name]
    return { line: begin, characters, read: (base) => placed(graphOf(own), graph?.replace(/\?.*$/, '') ?? '', base) }
  }
  for await (const text of lines) {
    line += 1
    const quad = readQuad(text)
    if (!quad) continue
    if (quad.graph !== name && quads.length > 0) {
      yield unit()
      quads = []
      characters = 0
    }
    if (quads.length === 0) begin = line
    name = quad.graph
    quads.push(quad)
    characters += text.length
    if (characters > most) throw invalidBody(`The graph that begins in line ${begin} has more than ${most} characters.`)
  }
  if (quads.length > 0) yield unit()
}

/** @throws ApiError 400 when it is neither an object nor an event with an address */
const placed = (given: Graph, root: string, base: string): Unit => {
  const [, source, object, event = null] = ADDRESS.exec(root) ?? []
  const subject = given.get(root)
  if (source === undefined || object === undefined || !subject) throw invalidBody('A document of an import is a logistics object or a logistics event, with its address as @id.', { resource: root })
  const iri = objectIri(base, object) + (event === null ? '' : `/logistics-events/${event}`)
  const former = `${source}/logistics-objects/`
  // links among objects that move together go with them
  const moved = (id: string): string => (id === root ? iri : isBlank(id) ? stableId(iri, 1, id) : id.startsWith(former) ? objectIri(base, id.slice(former.length)) : id)
  const graph: Graph = new Map([...given.values()].map((each) => movedSubject(each, moved)).map((each) => [each.id, each]))
  return { object, event, iri, revision: revisionOf(subject), graph: withoutRevisions(graph) }
}

const revisionOf = ({ properties }: Subject): number | null => {
  const [value] = properties.get(REVISION)?.values ?? []
  const number = value?.kind === 'literal' ? Number(value.value) : Number.NaN
  return Number.isSafeInteger(number) && number > 0 ? number : null
}

const withoutRevisions = (graph: Graph): Graph =>
  new Map([...graph].map(([id, subject]) => [id, { ...subject, properties: new Map([...subject.properties].filter(([property]) => property !== REVISION && property !== LATEST)) }]))

const movedSubject = ({ id, types, properties }: Subject, moved: (id: string) => string): Subject => ({
  id: moved(id), types, properties: new Map([...properties].map(([property, { values, array }]): [string, Property] => [property, { values: values.map((value) => movedValue(value, moved)), array }])),
})

/** An address is a link, or a literal of type xsd:anyURI. */
const movedValue = (value: Value, moved: (id: string) => string): Value => {
  switch (value.kind) {
    case 'link': return { kind: 'link', id: moved(value.id) }
    case 'list': return { kind: 'list', items: value.items.map((item) => movedValue(item, moved)) }
    case 'literal': return value.datatype === `${XSD}anyURI` ? { ...value, value: moved(String(value.value)) } : value
  }
}
