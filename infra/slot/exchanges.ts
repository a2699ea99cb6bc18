import type { Exchange } from './rehearse.ts'

const PIECE = {
  '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' },
  '@type': 'cargo:Piece',
  'cargo:coload': { '@type': 'http://www.w3.org/2001/XMLSchema#boolean', '@value': 'false' },
  'cargo:goodsDescription': 'A rehearsal',
}

/** What visitors of a ONE Record server do most: look at it, post an object, get it. */
export const EXCHANGES: readonly Exchange[] = [
  { method: 'GET', path: '/' },
  { method: 'POST', path: '/logistics-objects', body: JSON.stringify(PIECE) },
]
