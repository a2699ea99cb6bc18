import type { Literal } from '../json-ld/graph.ts'
import { isLexical, isNumeric } from '../json-ld/literal.ts'
import { CARGO } from '../namespaces.ts'
import type { Vocabulary } from '../ontology/vocabulary.ts'

const CODE_LIST_ELEMENT = `${CARGO}CodeListElement`

/** Datatypes of which one may stand for another whose form its text has: numbers for numbers, `xsd:string` for `xsd:anyURI`. */
const family = (datatype: string): string => {
  // a prefix that leads nowhere, as in one of IATA's examples
  const [, name] = /^(?:http:\/\/www\.w3\.org\/2001\/XMLSchema#?|xsd:)(\w+)$/.exec(datatype) ?? []
  if (name === undefined) return datatype
  if (isNumeric(name)) return 'number'
  return name === 'anyURI' ? 'string' : name === 'dateTimeStamp' ? 'dateTime' : name
}

/**
 * True when the literal is a value of the datatype `range`. A plain string is one when its text has the form, as IATA's examples
 * send dates and addresses; a native number fits any numeric datatype that has it, a native boolean `xsd:boolean`.
 */
export const fitsDatatype = ({ value, datatype }: Literal, range: string): boolean => {
  const text = String(value)
  if (!isLexical(text, range)) return false
  if (datatype !== null) return family(datatype) === family(range) && isLexical(text, datatype)
  if (typeof value === 'number') return family(range) === 'number'
  return typeof value === 'string' || family(range) === 'boolean'
}

/**
 * True when a link to `id`, of which `types` are said, is in the class `range`: a closed code list has its codes and no others, an
 * open one takes any; a target may be said to be of a superclass, and of one without types nothing is known.
 */
export const fitsClass = (id: string, types: readonly string[], range: string, { closedLists, classes, ancestors }: Vocabulary): boolean => {
  const codes = closedLists.get(range)
  if (codes) return codes.has(id)
  if (ancestors(range).has(CODE_LIST_ELEMENT) && types.every((type) => ancestors(type).has(CODE_LIST_ELEMENT) || !classes.has(type))) return true
  const known = types.filter((type) => classes.has(type))
  return known.length === 0 || known.some((type) => ancestors(type).has(range) || ancestors(range).has(type))
}
