import { type Graph, linksOf, type Value } from '../json-ld/graph.ts'
import { CARGO, XSD } from '../namespaces.ts'
import { ancestors } from '../ontology/ontology.ts'

/** What an object is found by. All are normalised: a search asks with the same functions. */
export type SearchTerms = {
  /** Its classes and all their superclasses, IRIs. */
  readonly types: ReadonlySet<string>
  /** Elements of code lists it or its embedded objects name: the IRI, and the code alone. */
  readonly codes: ReadonlySet<string>
  /** identifierTerm of every number and identifier it has. */
  readonly identifiers: ReadonlySet<string>
  /** wordsOf its texts. */
  readonly words: ReadonlySet<string>
}

/** Rows one object makes at most, by kind: an object of a million words must not fill the index. What is beyond is not found by it. */
const MOST = { codes: 100, identifiers: 100, words: 300 }
const LONGEST = 64
const LONGEST_IRI = 300

/** Properties of the standard that say which one a thing is, by their names: waybillNumber, uldSerialNumber, unNumber, employeeId ... */
const IDENTIFIES = /(Number|Identifier|Id|Code)$/
const IDENTIFIERS = new Set(['upid', 'textualValue', 'vehicleRegistration', 'shortName'].map((name) => CARGO + name))
const [PREFIX, NUMBER] = [`${CARGO}waybillPrefix`, `${CARGO}waybillNumber`]
const CODE = `${CARGO}code`

/** Letters and digits alone, in capitals: `020-1234 5678` is `02012345678`. */
export const identifierTerm = (text: string): string => text.normalize('NFKC').toUpperCase().replaceAll(/[^\p{L}\p{N}]/gu, '').slice(0, LONGEST)

/** Words of a text in small letters without accents. */
export const wordsOf = (text: string): readonly string[] =>
  text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean).map(shortened)

/** So short that its key is written out (store/key.ts), and what it begins with can be looked for. */
const shortened = (word: string): string => {
  const short = word.slice(0, LONGEST).toWellFormed()
  return encodeURIComponent(short).length <= LONGEST_KEY ? short : short.slice(0, Math.floor(LONGEST_KEY / ENCODED)).toWellFormed()
}
const LONGEST_KEY = 240
/** Of one UTF-16 unit, at most. */
const ENCODED = 9

/** @param iri of the object; the rest of the graph is embedded in it */
export const searchTerms = (graph: Graph, iri: string): SearchTerms => {
  const types = new Set((graph.get(iri)?.types ?? []).flatMap((type) => [...ancestors(type)]))
  const [codes, identifiers, words] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const add = (set: Set<string>, term: string, most: number): void => {
    if (term !== '' && (set.size < most || set.has(term))) set.add(term)
  }
  for (const { properties } of graph.values()) {
    for (const [property, { values }] of properties) {
      for (const id of values.flatMap(linksOf)) for (const code of codesOf(id)) add(codes, code, MOST.codes)
      for (const text of values.flatMap(textsOf)) {
        if (property === CODE) add(codes, text.slice(0, LONGEST), MOST.codes)
        if (IDENTIFIERS.has(property) || (property.startsWith(CARGO) && IDENTIFIES.test(property))) add(identifiers, identifierTerm(text), MOST.identifiers)
        for (const word of wordsOf(text)) add(words, word, MOST.words)
      }
    }
    const [prefix = ''] = (properties.get(PREFIX)?.values ?? []).flatMap(textsOf)
    const [number = ''] = (properties.get(NUMBER)?.values ?? []).flatMap(textsOf)
    if (prefix !== '' && number !== '') add(identifiers, identifierTerm(prefix + number), MOST.identifiers)
  }
  return { types, codes, identifiers, words }
}

/** An element of a code list, or an individual of the ontology, is an IRI with a fragment. */
const codesOf = (id: string): readonly string[] => {
  const hash = id.indexOf('#')
  return hash < 0 || hash === id.length - 1 || id.length > LONGEST_IRI ? [] : [id, id.slice(hash + 1)]
}

/** Texts and numbers of a value; truth values and times are no words. */
const textsOf = (value: Value): readonly string[] => {
  if (value.kind === 'list') return value.items.flatMap(textsOf)
  if (value.kind === 'link' || typeof value.value === 'boolean') return []
  return value.datatype === `${XSD}boolean` || value.datatype === `${XSD}dateTime` ? [] : [String(value.value)]
}
