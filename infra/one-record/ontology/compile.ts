import { Parser, Store, type Quad, type Term } from 'n3'
import { CARGO, RDF_TYPE as TYPE, XSD } from '../namespaces.ts'
import { short } from './terms.ts'
import type { Tokens } from './table.ts'

const OWL = 'http://www.w3.org/2002/07/owl#'
const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#'
const RDFS = 'http://www.w3.org/2000/01/rdf-schema#'
const CODE_LIST_ELEMENT = `${CARGO}CodeListElement`

/** What one release says, by part of the table (table.ts). */
export type Release = { readonly versions: readonly string[]; readonly classes: Tokens; readonly properties: Tokens; readonly restrictions: Tokens; readonly lists: Tokens }

/** @throws Error of the parser, with the line, for what is not Turtle */
export const readTurtle = (text: string, file: string): Quad[] => new Parser({ baseIRI: CARGO, blankNodePrefix: `${file}-` }).parse(text)

/** Classes, properties, restrictions and code lists of the ONE Record namespaces. What OWL says otherwise is not needed here. */
export const compileRelease = (quads: readonly Quad[]): Release => {
  const store = new Store([...quads])
  const objects = (subject: Term, predicate: string): Term[] => store.getObjects(subject, predicate, null)
  const declared = (...kinds: readonly string[]): Term[] =>
    [...new Map(kinds.flatMap((kind) => store.getSubjects(TYPE, OWL + kind, null)).filter(isOurs).map((term) => [term.value, term])).values()]
  const members = (list: Term): Term[] => {
    const [first] = objects(list, `${RDF}first`)
    const [rest] = objects(list, `${RDF}rest`)
    return first && rest ? [first, ...members(rest)] : []
  }
  const classesNamed = (term: Term): Term[] => (term.termType === 'NamedNode' ? [term] : objects(term, `${OWL}unionOf`).flatMap(members))
  const tokens = (terms: readonly Term[], of: (term: Term) => readonly string[]): Tokens =>
    Object.fromEntries(terms.map((term) => [short(term.value), [...new Set(of(term))]] as const).filter(([, those]) => those.length > 0))

  const classes = declared('Class')
  const links = new Set(declared('ObjectProperty').map(({ value }) => value))
  const inScope = ({ value }: Term) => links.has(value) || literals.has(value)
  const literals = new Set(declared('DatatypeProperty').map(({ value }) => value))

  const property = (term: Term): string[] => [
    links.has(term.value) ? 'link' : 'literal',
    ...objects(term, `${RDFS}range`).flatMap((range) => (range.termType === 'BlankNode' ? objects(range, `${OWL}onDatatype`) : [range])).filter(isRange).map(({ value }) => `>${short(value)}`),
    ...objects(term, `${RDFS}domain`).flatMap(classesNamed).filter(isOurs).map(({ value }) => `:${short(value)}`),
    ...objects(term, `${RDFS}range`).flatMap((range) => objects(range, `${OWL}withRestrictions`)).flatMap(members).flatMap((facet) => objects(facet, `${XSD}maxLength`)).map(({ value }) => `len=${value}`),
    ...(objects(term, `${OWL}deprecated`).length > 0 ? ['deprecated'] : []),
  ]
  const restriction = (term: Term): string[] => {
    const those = objects(term, `${OWL}onProperty`).filter(inScope).map(({ value }) => short(value))
    const number = (...names: readonly string[]) => names.flatMap((name) => objects(term, OWL + name)).map(({ value }) => value)
    return those.flatMap((name) => [
      ...['allValuesFrom', 'onClass', 'onDataRange'].flatMap((kind) => objects(term, OWL + kind)).flatMap(classesNamed).filter(isRange).map(({ value }) => `${name}>${short(value)}`),
      ...number('maxCardinality', 'maxQualifiedCardinality', 'cardinality', 'qualifiedCardinality').map((value) => `${name}<${value}`),
      ...number('minCardinality', 'minQualifiedCardinality', 'cardinality', 'qualifiedCardinality').filter((value) => value !== '0').map((value) => `${name}+${value}`),
    ])
  }
  const list = (term: Term): string[] => {
    const closed = objects(term, `${OWL}equivalentClass`).flatMap((same) => objects(same, `${OWL}oneOf`)).flatMap(members)
    const individuals = store.getSubjects(TYPE, term, null)
    const isEnumeration = closed.length > 0 || objects(term, `${RDFS}subClassOf`).some(({ value }) => value === CODE_LIST_ELEMENT) || short(term.value).startsWith('l:')
    if (!isEnumeration || term.value === CODE_LIST_ELEMENT) return []
    // some lists are enumerated, but call themselves open
    const isOpen = closed.length === 0 || objects(term, `${RDFS}comment`).some(({ value }) => /\bopen code list\b/i.test(value))
    const own = short(term.value)
    const codes = [...closed, ...individuals].map(({ value }) => short(value))
    return [isOpen ? 'open' : 'closed', ...codes.map((code) => (code.startsWith(`${own}#`) ? code.slice(own.length) : code))]
  }

  return {
    versions: store.getObjects(null, `${OWL}versionIRI`, null).map(({ value }) => value).toSorted(),
    classes: tokens(classes, (term) => ['*', ...objects(term, `${RDFS}subClassOf`).filter(isOurs).map(({ value }) => short(value))]),
    properties: tokens(declared('ObjectProperty', 'DatatypeProperty'), property),
    restrictions: tokens(classes, (term) => objects(term, `${RDFS}subClassOf`).filter(({ termType }) => termType === 'BlankNode').flatMap(restriction)),
    lists: tokens(classes, list),
  }
}

/** A name in one of the ONE Record namespaces. */
const isOurs = ({ termType, value }: Term): boolean => termType === 'NamedNode' && /^[cal]:/.test(short(value))
/** What values can be held against: a class of ours or a datatype, not `owl:Thing` and the like. */
const isRange = (term: Term): boolean => isOurs(term) || short(term.value).startsWith('x:')
