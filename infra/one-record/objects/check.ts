import { invalidBody } from '../http/api-error.ts'
import type { Graph, Subject, Value } from '../json-ld/graph.ts'
import { isLexical } from '../json-ld/literal.ts'
import { CARGO, isStandardTerm, shortName } from '../namespaces.ts'
import { isClass, propertyKind } from '../ontology/ontology.ts'

/**
 * Refuses what the standard does not know: classes and properties of its own namespaces, an object where it wants a literal,
 * literals that are no value of their datatype. Foreign namespaces are kept as they are. Cardinalities, ranges and code lists are
 * not looked at here. @throws ApiError 400
 */
export const checkTerms = (graph: Graph): void => {
  for (const subject of graph.values()) {
    for (const type of subject.types) {
      if (isStandardTerm(type) && !isClass(type)) throw invalidBody(`${shortName(type)} is no class of the standard.`, { resource: subject.id })
    }
    for (const [property, { values }] of subject.properties) values.forEach((value) => checkValue(subject, property, value))
    for (const property of subject.properties.keys()) checkProperty(property, subject.id)
  }
}

/** @throws ApiError 400 for a property that its namespace, one of the standard's, does not have */
export const checkProperty = (property: string, resource: string): void => {
  if (isStandardTerm(property) && propertyKind(property) === null) {
    throw invalidBody(`${shortName(property)} is no property of the standard.`, { property, resource })
  }
}

const checkValue = (subject: Subject, property: string, value: Value): void => {
  const about = { property, resource: subject.id }
  if (value.kind === 'list') return value.items.forEach((item) => checkValue(subject, property, item))
  if (value.kind === 'link') {
    // the api's own literals are IRIs too: {"@id"} is as good as xsd:anyURI
    if (propertyKind(property) === 'literal' && property.startsWith(CARGO)) throw invalidBody(`${shortName(property)} takes a literal, not an object.`, about)
  } else if (value.datatype !== null && !isLexical(String(value.value), value.datatype)) {
    throw invalidBody(`${JSON.stringify(value.value)} is no ${value.datatype}.`, about)
  }
}
