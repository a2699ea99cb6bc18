import type { Exchange } from './rehearse.ts'

const PIECE = {
  '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' },
  '@type': 'cargo:Piece',
  'cargo:coload': { '@type': 'http://www.w3.org/2001/XMLSchema#boolean', '@value': 'false' },
  'cargo:goodsDescription': 'A rehearsal',
}

const EVENT = {
  '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' },
  '@type': 'cargo:LogisticsEvent',
  'cargo:eventDate': { '@type': 'http://www.w3.org/2001/XMLSchema#dateTime', '@value': '2026-01-01T00:00:00Z' },
  'cargo:eventCode': { '@id': 'https://onerecord.iata.org/ns/code-lists/StatusCode#DEP' },
  'cargo:eventTimeType': { '@id': 'cargo:ACTUAL' },
}
const ABOUT_AN_OBJECT: readonly Exchange[] = [
  { method: 'POST', path: '/logistics-events', body: JSON.stringify(EVENT) },
  { method: 'GET', path: '/logistics-events' },
]

/** What visitors of a ONE Record server do most: look at it, post an object, get it, say what happened to it, and look that up. */
export const EXCHANGES: readonly Exchange[] = [
  { method: 'GET', path: '/' },
  { method: 'POST', path: '/logistics-objects', body: JSON.stringify(PIECE), thereafter: ABOUT_AN_OBJECT },
]
