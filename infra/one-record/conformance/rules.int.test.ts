import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PIECE } from '../access/testing/closed.ts'
import { VERSIONS } from './requirement.ts'
import { CARGO, context, describeAs, expectError, headersOf, json, located, must, startConformance, text, type Conformance, type Json, type Party } from './testing.ts'

/** One value is the same with and without an array around it. */
const withoutArrays = (value: unknown): unknown => JSON.parse(JSON.stringify(value), (_, each: unknown) => (Array.isArray(each) && each.length === 1 ? (each[0] as unknown) : each))

let at: Conformance
beforeAll(async () => { at = await startConformance() })
afterAll(() => at.stop())

describe.each(VERSIONS)('conformance, version %s', (version) => {
  let holder: Party
  let carrier: Party
  let nobody: Party
  beforeAll(() => { ({ holder, carrier, nobody } = at.parties(version)) })
  const make = async (more: object = {}): Promise<string> => located(await must(201, holder.send('POST', '/logistics-objects', { ...PIECE, ...more })))

  test('[SRV-001] [SRV-002] [SRV-003] the server describes itself', async () => {
    const answer = await must(200, carrier.send('GET', '/'))
    expect(headersOf(answer)).toMatchObject({ 'content-type': text('application/ld+json'), 'content-language': 'en-US', 'last-modified': text('GMT') })
    expect(await answer.json()).toMatchObject({ '@type': 'api:ServerInformation', 'api:hasServerEndpoint': { '@value': at.base } })
    await expectError(401, nobody.send('GET', '/'))
    await expectError(404, carrier.send('GET', '/nothing-here'))
    await expectError(405, carrier.send('DELETE', '/'))
  })

  test('[GEN-010] [GEN-018] [GEN-022] [GEN-024] [URI-003] it lists what it supports, and whose it is', async () => {
    const information = await json(carrier.send('GET', '/'))
    const list = (name: string) => [information[`api:${name}`]].flat() as readonly (string | { '@value': string })[]
    expect(list('hasSupportedApiVersion')).toEqual(expect.arrayContaining(['2.3.0', '2.2.0']))
    expect(list('hasSupportedEncoding')).toContain('gzip')
    expect(list('hasSupportedLanguage')).toContain('en-US')
    const iris = (name: string) => list(name).map((each) => (typeof each === 'string' ? each : each['@value']))
    expect(iris('hasSupportedOntology')).toContain('https://onerecord.iata.org/ns/cargo')
    expect(iris('hasSupportedOntologyVersion')).toContain('https://onerecord.iata.org/ns/cargo/3.3')
    const holderIri = (information['api:hasDataHolder'] as { '@id': string })['@id']
    expect(holderIri).toMatch(/\/logistics-objects\/[^/?#]+$/)
    expect(await json(holder.send('GET', holderIri))).toMatchObject({ '@id': holderIri, '@type': 'cargo:Organization' })
  })

  test('[URI-001] [GEN-034] [URI-002] [GEN-019] an object has an address of its own, and keeps it', async () => {
    const [one, other] = [await make(), await make()]
    expect(one).not.toBe(other)
    expect(one).toMatch(/\/logistics-objects\/[a-z0-9-]+$/)
    await must(201, holder.send('PATCH', one, describeAs(one, 1, 'roses', 'tulips')))
    const read = await json(holder.send('GET', one))
    expect(read).toMatchObject({ '@id': one, 'cargo:goodsDescription': 'tulips', '@context': { cargo: CARGO } })
  })

  test.each<[string, object]>([
    ['compacted', { '@context': context, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'roses', 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': 1 } }],
    ['expanded', [{ '@type': [`${CARGO}Piece`], [`${CARGO}goodsDescription`]: [{ '@value': 'roses' }], [`${CARGO}grossWeight`]: [{ '@type': [`${CARGO}Value`], [`${CARGO}numericalValue`]: [{ '@value': 1 }] }] }]],
    ['flattened', [{ '@id': '_:a', '@type': [`${CARGO}Piece`], [`${CARGO}goodsDescription`]: [{ '@value': 'roses' }], [`${CARGO}grossWeight`]: [{ '@id': '_:b' }] }, { '@id': '_:b', '@type': [`${CARGO}Value`], [`${CARGO}numericalValue`]: [{ '@value': 1 }] }]],
  ])('[GEN-001] a %s document is understood', async (_, body) => {
    const read = await json(holder.send('GET', located(await must(201, holder.send('POST', '/logistics-objects', body)))))
    expect(withoutArrays(read)).toMatchObject({
      '@type': 'cargo:Piece', 'cargo:goodsDescription': 'roses', 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': 1 },
    })
  })

  test('[GEN-002] [GEN-003] [GEN-008] [GEN-015] [GEN-023] [GEN-029] every document has @id and @type, is UTF-8, and says nothing empty', async () => {
    const iri = await make({ 'cargo:goodsDescription': { '@value': 'Papier 纸 💐', '@language': 'de' }, 'cargo:upid': null })
    for (const path of ['/', iri, `${iri}/audit-trail`, `${iri}/logistics-events`]) {
      const bytes = Buffer.from(await (await must(200, holder.send('GET', path))).arrayBuffer())
      const body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json
      expect(body).toMatchObject({ '@id': expect.any(String) as unknown, '@type': expect.any(String) as unknown })
      expect(JSON.stringify(body)).not.toContain('null')
    }
    expect(await json(holder.send('GET', iri))).toMatchObject({ 'cargo:goodsDescription': { '@value': 'Papier 纸 💐', '@language': 'de' } })
    expect(await json(holder.send('GET', iri))).not.toHaveProperty('cargo:upid')
  })

  test('[GEN-005] [GEN-006] [GEN-007] an embedded object has a name that stays', async () => {
    const [iri, other] = [await make({ 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': 1 } }), await make({ 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': 1 } })]
    const name = async (object: string) => ((await json(holder.send('GET', object)))['cargo:grossWeight'] as { '@id': string })['@id']
    const first = await name(iri)
    expect(first).toMatch(/^internal:[0-9a-f-]{36}$/)
    expect(await name(other)).not.toBe(first)
    await must(201, holder.send('PATCH', iri, describeAs(iri, 1, 'roses', 'tulips')))
    expect(await name(iri)).toBe(first)
  })

  test('[GEN-009] what is large can come compressed', async () => {
    const iri = await make({ 'cargo:goodsDescription': 'roses '.repeat(2_000) })
    const answer = await must(200, holder.send('GET', iri, undefined, { 'accept-encoding': 'gzip' }))
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    expect(await answer.json()).toMatchObject({ '@id': iri })
  })

  test('[GEN-011] [GEN-012] times and durations have their forms, and others are refused', async () => {
    const iri = located(await must(201, holder.send('POST', '/logistics-objects', { '@context': context, '@type': 'cargo:TransportMovement', 'cargo:distanceCalculated': { '@type': 'cargo:Value', 'cargo:numericalValue': 1 } })))
    const request = located(await must(201, holder.send('PATCH', iri, { ...describeAs(iri, 1, 'x', 'y'), 'api:hasOperation': { '@type': 'api:Operation', 'api:op': { '@id': 'api:ADD' }, 'api:s': iri, 'api:p': { '@type': 'xsd:anyURI', '@value': `${CARGO}transportIdentifier` }, 'api:o': { '@type': 'api:OperationObject', 'api:hasDatatype': { '@type': 'xsd:anyURI', '@value': 'http://www.w3.org/2001/XMLSchema#string' }, 'api:hasValue': 'LH400' } } })))
    const requestedAt = ((await json(holder.send('GET', request)))['api:isRequestedAt'] as { '@value': string })['@value']
    expect(requestedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    await expectError(400, holder.send('GET', `${iri}?at=2026-01-01`))
    for (const [wrong, property, type] of [['PT', 'slac', 'duration'], ['2026-02-30', 'slac', 'date']]) await expectError(400, holder.send('POST', '/logistics-objects', { ...PIECE, [`cargo:${property}`]: { '@type': `http://www.w3.org/2001/XMLSchema#${type}`, '@value': wrong } }))
  })

  test('[GEN-014] a collection without items is a collection', async () => {
    expect(await json(holder.send('GET', `${await make()}/logistics-events`))).toMatchObject({ '@type': 'api:Collection', 'api:hasTotalItems': 0 })
  })

  test('[GEN-016] [GEN-017] the version is negotiated, the highest without one, and said', async () => {
    const iri = await make()
    expect((await must(200, holder.send('GET', iri))).headers.get('content-type')).toContain(`version=${version}`)
    for (const accept of ['application/ld+json', '*/*', 'application/ld+json; version=2.0.0-dev']) expect((await must(200, holder.send('GET', iri, undefined, { accept }))).headers.get('content-type')).toContain('version=2.3.0')
  })

  test('[GEN-020] what the ontology does not allow is 400', async () => {
    await expectError(400, holder.send('POST', '/logistics-objects', { ...PIECE, 'cargo:colour': 'red' }))
    await expectError(400, holder.send('POST', '/logistics-objects', { ...PIECE, '@type': 'cargo:Parcel' }))
    await expectError(400, holder.send('POST', '/logistics-objects', { ...PIECE, 'cargo:loadType': { '@id': 'cargo:NONE' } }))
    await must(201, holder.send('POST', '/logistics-objects', { ...PIECE, '@type': 'cargo:Shipment', 'cargo:totalVolume': { '@type': 'cargo:Value', 'cargo:numericalValue': 1 } }))
  })

  test('[GEN-025] [GEN-026] [GEN-027] [GEN-028] an error has a title that stays, a message, its status, and what it is about', async () => {
    const ask = async () => (await (await holder.send('POST', '/logistics-objects', { ...PIECE, '@id': `${at.base}/logistics-objects/x`, 'cargo:colour': 'red' })).json()) as Json
    const [one, again] = [await ask(), await ask()]
    expect(one['api:hasTitle']).toBe(again['api:hasTitle'])
    expect(one).toMatchObject({ 'api:hasErrorDetail': [{ 'api:hasCode': '400', 'api:hasMessage': text('colour'), 'api:hasProperty': { '@value': `${CARGO}colour` }, 'api:hasResource': { '@value': text('/x') } }] })
    expect(await (await holder.send('GET', '/logistics-objects/none')).json()).toMatchObject({ 'api:hasTitle': 'Resource not found' })
  })
})
