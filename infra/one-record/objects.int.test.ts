import { afterAll, beforeAll, expect, test } from 'vitest'
import { serve, startStore, type Served } from './testing/serve.ts'
import type { MinioServer } from '../testing/servers.ts'

let minio: MinioServer
let server: Served
beforeAll(async () => {
  minio = await startStore()
  server = await serve(minio)
})
afterAll(async () => {
  await server.stop()
  await minio.stop()
})

const PIECE = {
  '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece',
  'cargo:coload': { '@type': 'http://www.w3.org/2001/XMLSchema#boolean', '@value': 'false' },
  'cargo:specialHandlingCodes': [{ '@id': 'https://onerecord.iata.org/ns/code-lists/SpecialHandlingCode#VAL' }],
}
const post = (body: unknown) => fetch(`${server.address}/logistics-objects`, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body: JSON.stringify(body) })
const local = (iri: string | null) => server.address + (iri ?? '').slice(server.base.length)

test('an object is made and read back', async () => {
  const made = await post(PIECE)
  expect(await made.text()).toBe('')
  expect(made.status).toBe(201)
  expect(made.headers.get('type')).toBe('https://onerecord.iata.org/ns/cargo#Piece')
  const iri = made.headers.get('location')
  const read = await fetch(local(iri))
  expect(read.status).toBe(200)
  expect(await read.json()).toEqual({ ...PIECE, '@context': { ...PIECE['@context'], api: 'https://onerecord.iata.org/ns/api#' }, '@id': iri, 'api:hasRevision': 1, 'api:hasLatestRevision': 1 })
})
