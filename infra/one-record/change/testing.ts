const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const XSD = 'http://www.w3.org/2001/XMLSchema#'

/** One operation of a change, as `[op, subject, property, datatype, value]`; names without a scheme are of cargo and xsd. */
export type Sent = readonly [op: 'ADD' | 'DELETE', subject: string, property: string, datatype: string, value: unknown]

const whole = (name: string, namespace: string): string => (name.includes(':') ? name : namespace + name)

/** Body of PATCH /logistics-objects/{id}. `extra`: further properties, or others in the place of these. */
export const changeBody = (iri: string, revision: number, operations: readonly Sent[], extra: object = {}) => ({
  '@context': { cargo: CARGO, api: 'https://onerecord.iata.org/ns/api#', xsd: XSD },
  '@type': 'api:Change',
  'api:hasLogisticsObject': { '@id': iri },
  'api:hasRevision': { '@type': 'xsd:positiveInteger', '@value': String(revision) },
  'api:hasOperation': operations.map(([op, s, p, datatype, value]) => ({
    '@type': 'api:Operation', 'api:op': { '@id': `api:${op}` }, 'api:s': s, 'api:p': { '@type': 'xsd:anyURI', '@value': whole(p, CARGO) },
    'api:o': [{ '@type': 'api:OperationObject', 'api:hasDatatype': { '@type': 'xsd:anyURI', '@value': /^[A-Z]/.test(datatype) ? whole(datatype, CARGO) : whole(datatype, XSD) }, 'api:hasValue': value }],
  })),
  ...extra,
})

/** A change of the goods description, from one text to another. */
export const describeAnew = (iri: string, revision: number, from: string, to: string, extra: object = {}) =>
  changeBody(iri, revision, [['DELETE', iri, 'goodsDescription', 'string', from], ['ADD', iri, 'goodsDescription', 'string', to]], extra)
