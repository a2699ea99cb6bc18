import type { Graph, Literal, Subject, Value } from '../json-ld/graph.ts'
import { datatypeOf } from '../json-ld/literal.ts'
import { RDF_TYPE, XSD } from '../namespaces.ts'

const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#'
export const [FIRST, REST, NIL] = [`${RDF}first`, `${RDF}rest`, `${RDF}nil`] as const

/**
 * Writes graphs as N-Quads (W3C, RDF 1.1 N-Quads), each in a named graph. Embedded objects have ids of their own, so that the
 * only blank nodes are the cells of lists; `label` gives each of these a name that the whole document has once.
 */
export const writeQuads = (graph: Graph, name: string, label: () => string): string => {
  // what JSON says in two ways, RDF says once
  const lines = new Set<string>()
  const say = (subject: string, predicate: string, object: string): void => void lines.add(`${subject} <${iri(predicate)}> ${object} <${iri(name)}> .\n`)

  const object = (value: Value): string => {
    if (value.kind === 'link') return node(value.id)
    if (value.kind === 'literal') return literal(value)
    const cells = value.items.map(() => `_:${label()}`)
    value.items.forEach((item, index) => {
      say(cells[index] ?? '', FIRST, object(item))
      say(cells[index] ?? '', REST, cells[index + 1] ?? `<${NIL}>`)
    })
    return cells[0] ?? `<${NIL}>`
  }
  const subject = ({ id, types, properties }: Subject): void => {
    for (const type of types) say(node(id), RDF_TYPE, `<${iri(type)}>`)
    for (const [property, { values }] of properties) for (const value of values) say(node(id), property, object(value))
  }
  for (const each of graph.values()) subject(each)
  return [...lines].join('')
}

const node = (id: string): string => (id.startsWith('_:') ? id : `<${iri(id)}>`)

const numeric = (char: string): string => `\\u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

// what IRIREF cannot hold as it is
const iri = (text: string): string => text.toWellFormed().replaceAll(/[\p{Cc} <>"{}|^`\\]/gu, numeric)

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' }
// lone surrogates are no characters: JSON can say them, RDF cannot
const quoted = (text: string): string => `"${text.toWellFormed().replaceAll(/["\\\p{Cc}]/gu, (char) => ESCAPES[char] ?? numeric(char))}"`

const literal = (value: Literal): string => {
  if (value.language !== null) return `${quoted(String(value.value))}@${value.language}`
  const datatype = datatypeOf(value)
  return datatype === `${XSD}string` ? quoted(String(value.value)) : `${quoted(lexical(value, datatype))}^^<${iri(datatype)}>`
}

/** Native numbers in the canonical form of JSON-LD 1.1 API, section 8.6, but with all digits that a double has. */
const lexical = ({ value }: Literal, datatype: string): string => {
  if (typeof value !== 'number') return String(value)
  if (datatype === `${XSD}integer`) return String(value)
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`
}
