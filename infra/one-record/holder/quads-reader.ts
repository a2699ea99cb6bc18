import { invalidBody } from '../http/api-error.ts'
import { isBlank, valueKey, type Graph, type Subject, type Value } from '../json-ld/graph.ts'
import { RDF_TYPE, XSD } from '../namespaces.ts'
import { FIRST, NIL, REST } from './quads-writer.ts'

/** One statement. `graph`: IRI of its named graph, null in the default graph. */
export type Quad = { readonly subject: string; readonly predicate: string; readonly object: Value; readonly graph: string | null }

/** Reads a line of N-Quads (W3C, RDF 1.1 N-Quads); null when it says nothing. @throws ApiError 400 */
export const readQuad = (line: string): Quad | null => {
  const at = { place: 0 }
  const wrong = (what: string) => invalidBody(`${what} is missing in a line of N-Quads, at its character ${at.place + 1}.`)
  const space = (): void => {
    while (line[at.place] === ' ' || line[at.place] === '\t') at.place += 1
  }
  /** What the pattern, which is sticky, finds here. */
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at.place
    const [found] = pattern.exec(line) ?? []
    if (found === undefined) return null
    at.place += found.length
    return found
  }
  const iri = (): string | null => {
    const found = take(/<[^<>"{}|^`\\\p{Cc} ]*(?:\\[uU][0-9A-Fa-f]+[^<>"{}|^`\\\p{Cc} ]*)*>/uy)?.slice(1, -1)
    return found === undefined ? null : unescaped(found)
  }
  const node = (): string | null => iri() ?? take(/_:[\p{L}\p{N}_](?:[\p{L}\p{N}_.·-]*[\p{L}\p{N}_-])?/uy)
  const literal = (): Value | null => {
    if (line[at.place] !== '"') return null
    const end = closingQuote(line, at.place)
    if (end < 0) throw wrong('The end of a literal')
    const value = unescaped(line.slice(at.place + 1, end))
    at.place = end + 1
    const language = take(/@[A-Za-z]+(-[A-Za-z0-9]+)*/y)?.slice(1) ?? null
    const datatype = take(/\^\^/y) === null ? null : iri() ?? (() => { throw wrong('A datatype') })()
    return { kind: 'literal', value, language, datatype: datatype === `${XSD}string` ? null : datatype }
  }
  space()
  if (at.place >= line.length || line[at.place] === '#') return null
  const subject = node()
  if (subject === null) throw wrong('A subject')
  space()
  const predicate = iri()
  if (predicate === null) throw wrong('A predicate')
  space()
  const link = node()
  const object: Value | null = link === null ? literal() : { kind: 'link', id: link }
  if (object === null) throw wrong('An object')
  space()
  const graph = node()
  space()
  if (take(/\./y) === null) throw wrong('A full stop')
  space()
  if (at.place < line.length && line[at.place] !== '#') throw wrong('The end')
  return { subject, predicate, object, graph }
}

/** The graph of all statements of one named graph; the cells of lists become lists again. @throws ApiError 400 for a broken list */
export const graphOf = (quads: readonly Quad[]): Graph => {
  const said = new Map<string, Map<string, Value[]>>()
  for (const { subject, predicate, object } of quads) {
    const properties = said.get(subject) ?? new Map<string, Value[]>()
    said.set(subject, properties.set(predicate, [...(properties.get(predicate) ?? []), object]))
  }
  const cells = new Set([...said].filter(([id, properties]) => isBlank(id) && properties.has(FIRST) && properties.has(REST)).map(([id]) => id))
  const whole = (value: Value, level = 0): Value => {
    if (value.kind !== 'link' || (value.id !== NIL && !cells.has(value.id))) return value
    if (level > MOST_LEVELS) throw invalidBody(`More than ${MOST_LEVELS} lists are nested in each other.`)
    const items: Value[] = []
    const seen = new Set<string>()
    for (let cell = value.id; cell !== NIL; ) {
      const [first] = said.get(cell)?.get(FIRST) ?? []
      const [rest] = said.get(cell)?.get(REST) ?? []
      if (!first || rest?.kind !== 'link' || seen.has(cell)) throw invalidBody('A list has no end, or a cell without content.', { resource: value.id })
      seen.add(cell)
      items.push(whole(first, level + 1))
      cell = rest.id
    }
    return { kind: 'list', items }
  }
  const subjects = [...said].filter(([id]) => !cells.has(id)).map(([id, properties]): [string, Subject] => [id, {
    id,
    types: [...new Set((properties.get(RDF_TYPE) ?? []).flatMap((value) => (value.kind === 'link' ? [value.id] : [])))],
    properties: new Map([...properties].filter(([iri]) => iri !== RDF_TYPE).map(([iri, values]) => [iri, { values: unique(values.map((value) => whole(value))), array: false }])),
  }])
  return new Map(subjects)
}

const MOST_LEVELS = 50

const unique = (values: readonly Value[]): readonly Value[] => [...new Map(values.map((value) => [valueKey(value), value])).values()]

/** Index of the quote that ends the literal which begins at `start`; -1 when there is none. */
const closingQuote = (line: string, start: number): number => {
  for (let end = line.indexOf('"', start + 1); end >= 0; end = line.indexOf('"', end + 1)) {
    let escapes = 0
    while (line[end - 1 - escapes] === '\\') escapes += 1
    if (escapes % 2 === 0) return end
  }
  return -1
}

const CHARACTERS: Readonly<Record<string, string>> = { t: '\t', b: '\b', n: '\n', r: '\r', f: '\f', '"': '"', "'": "'", '\\': '\\' }

const unescaped = (text: string): string =>
  text.includes('\\')
    ? text.replaceAll(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.?))/gsu, (found: string, short?: string, long?: string, one?: string) => {
      const code = Number.parseInt(short ?? long ?? '', 16)
      const char = Number.isNaN(code) ? CHARACTERS[one ?? ''] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined
      if (char === undefined) throw invalidBody(`${found} is no escape of N-Quads.`)
      return char
    })
    : text
