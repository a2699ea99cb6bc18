import { CARGO, RDF_TYPE, XSD } from '../namespaces.ts'
import type { Vocabulary } from '../ontology/vocabulary.ts'
import { DataFactory, Store, type Quad_Object, type Quad_Subject } from 'n3'

const SH = 'http://www.w3.org/ns/shacl#'
const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#'
const { namedNode, blankNode, literal, quad } = DataFactory

/** Datatypes taken where one is asked for, besides itself: numbers for numbers (docs/decisions/0025). */
const TAKEN: Readonly<Record<string, readonly string[]>> = { [`${XSD}double`]: ['integer', 'decimal', 'positiveInteger', 'nonNegativeInteger'].map((name) => XSD + name), [`${XSD}integer`]: ['positiveInteger', 'nonNegativeInteger'].map((name) => XSD + name) }

/**
 * SHACL shapes that say what the vocabulary says of its cargo classes: for a second judge of validation. A node is held against the
 * shapes of its classes; that of a class without subclasses is closed.
 */
export const shapesOf = (vocabulary: Vocabulary, classes: readonly string[]): Store => {
  const store = new Store()
  const say = (subject: Quad_Subject, predicate: string, object: Quad_Object): void => { store.addQuad(quad(subject, namedNode(predicate), object)) }
  const list = (items: readonly Quad_Object[]): Quad_Object =>
    items.reduceRight<Quad_Object>((rest, item) => {
      const node = blankNode()
      say(node, `${RDF}first`, item)
      say(node, `${RDF}rest`, rest)
      return node
    }, namedNode(`${RDF}nil`))
  const condition = (predicate: string, object: Quad_Object): Quad_Object => {
    const node = blankNode()
    say(node, SH + predicate, object)
    return node
  }
  const inRange = (range: string): readonly Quad_Object[] => {
    const codes = vocabulary.closedLists.get(range)
    if (codes) return [condition('in', list([...codes].map((code) => namedNode(code))))]
    if (range.startsWith(XSD)) return [range, ...(TAKEN[range] ?? [])].map((datatype) => condition('datatype', namedNode(datatype)))
    // what a link leads to is somewhere else: of a node without a class nothing is known
    const untyped = blankNode()
    say(untyped, `${SH}property`, propertyShape(namedNode(RDF_TYPE), [['maxCount', literal(0)]]))
    return [condition('class', namedNode(range)), untyped, ...(vocabulary.ancestors(range).has(`${CARGO}CodeListElement`) ? [condition('nodeKind', namedNode(`${SH}IRI`))] : [])]
  }
  const propertyShape = (path: Quad_Object, constraints: readonly (readonly [string, Quad_Object])[]): Quad_Object => {
    const node = blankNode()
    say(node, `${SH}path`, path)
    for (const [name, value] of constraints) say(node, SH + name, value)
    return node
  }

  for (const iri of classes) {
    const shape = namedNode(`urn:shape:${iri}`)
    say(shape, RDF_TYPE, namedNode(`${SH}NodeShape`))
    say(shape, `${SH}targetClass`, namedNode(iri))
    const rules = vocabulary.rulesOf(iri)
    for (const [property, all] of rules) {
      const known = vocabulary.properties.get(property)
      const ranges = all.some((rule) => rule.ranges.length > 0) ? all.map((rule) => rule.ranges).filter((those) => those.length > 0) : known ? [known.ranges] : []
      const most = Math.min(...all.map((rule) => rule.most))
      say(shape, `${SH}property`, propertyShape(namedNode(property), [
        ['nodeKind', namedNode(known?.kind === 'link' ? `${SH}BlankNodeOrIRI` : `${SH}Literal`)],
        ...(Number.isFinite(most) ? [['maxCount', literal(most)] as const] : []),
        ...(typeof known?.maxLength !== 'number' ? [] : [['maxLength', literal(known.maxLength)] as const]),
        ...ranges.filter((those) => those.length > 0).map((those) => ['or', list(those.flatMap(inRange))] as const),
      ]))
    }
    // a class with subclasses is open: their instances are its own, with properties of theirs
    if ([...vocabulary.classes.keys()].some((other) => other !== iri && vocabulary.ancestors(other).has(iri))) continue
    const others = [...vocabulary.properties].filter(([property, { domain }]) => (domain.length === 0 ? !vocabulary.restricted.has(property) : domain.some((one) => vocabulary.ancestors(iri).has(one)))).map(([property]) => property)
    say(shape, `${SH}closed`, literal('true', namedNode(`${XSD}boolean`)))
    say(shape, `${SH}ignoredProperties`, list([RDF_TYPE, ...others].map((property) => namedNode(property))))
  }
  return store
}
