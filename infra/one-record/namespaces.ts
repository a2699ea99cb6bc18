/** IRIs of the namespaces that ONE Record 2.3.0 is written in. */
export const API = 'https://onerecord.iata.org/ns/api#'
export const CARGO = 'https://onerecord.iata.org/ns/cargo#'
export const XSD = 'http://www.w3.org/2001/XMLSchema#'
export const RDF_TYPE = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type'
export const LOGISTICS_OBJECT = `${CARGO}LogisticsObject`

/** True in the two namespaces whose terms are known completely, so that an unknown one is a mistake. */
export const isStandardTerm = (iri: string): boolean => iri.startsWith(CARGO) || iri.startsWith(API)

/** `cargo:Piece` for messages; other IRIs whole. */
export const shortName = (iri: string): string =>
  iri.startsWith(CARGO) ? `cargo:${iri.slice(CARGO.length)}` : iri.startsWith(API) ? `api:${iri.slice(API.length)}` : iri
