import { API, CARGO, XSD } from '../namespaces.ts'

export const CODE_LISTS = 'https://onerecord.iata.org/ns/code-lists/'

const PREFIXES = [['c:', CARGO], ['a:', API], ['l:', CODE_LISTS], ['x:', XSD]] as const
const interned = new Map<string, string>()

/** `c:Piece` of the table for an IRI; an IRI of no namespace of ours stays whole. */
export const short = (iri: string): string => {
  const [prefix, namespace] = PREFIXES.find(([, start]) => iri.startsWith(start)) ?? ['', '']
  return prefix + iri.slice(namespace.length)
}

/** The IRI of a name of the table, one string for all uses of it. */
export const full = (name: string): string => {
  const known = interned.get(name)
  if (known !== undefined) return known
  const [prefix, namespace] = PREFIXES.find(([start]) => name.startsWith(start)) ?? ['', '']
  const iri = namespace + name.slice(prefix.length)
  interned.set(name, iri)
  return iri
}
