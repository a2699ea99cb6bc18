import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PIECE } from '../access/testing/closed.ts'
import { VERSIONS } from './requirement.ts'
import { API, CARGO, change, compact, context, describeAs, event, expectError, headersOf, json, located, must, startConformance, statusOf, text, verification, type Conformance, type Json, type Party } from './testing.ts'

let at: Conformance
beforeAll(async () => { at = await startConformance() })
afterAll(() => at.stop())
const STATUS = 'https://onerecord.iata.org/ns/code-lists/StatusCode#'

describe.each(VERSIONS)('conformance, version %s', (version) => {
  let holder: Party
  let carrier: Party
  let stranger: Party
  let nobody: Party
  beforeAll(() => { ({ holder, carrier, stranger, nobody } = at.parties(version)) })

  test('[OBJ-001] [OBJ-002] [OBJ-003] an object is made', async () => {
    const made = await must(201, holder.send('POST', '/logistics-objects', PIECE))
    expect(headersOf(made)).toMatchObject({ location: text(`${at.base}/logistics-objects/`), type: `${CARGO}Piece` })
    expect(await made.text()).toBe('')
    await expectError(400, holder.send('POST', '/logistics-objects', { '@context': context, '@type': 'cargo:Value' }))
    await expectError(401, nobody.send('POST', '/logistics-objects', PIECE))
    await expectError(403, stranger.send('POST', '/logistics-objects', PIECE))
    await expectError(415, holder.send('POST', '/logistics-objects', PIECE, { 'content-type': 'text/plain' }))
  })

  test('[OBJ-004] [OBJ-005] [OBJ-010] [OBJ-011] [OBJ-012] [OBJ-013] [OBJ-014] an object is read, in its latest version', async () => {
    const iri = await at.shared()
    await must(201, holder.send('PATCH', iri, describeAs(iri, 1, 'roses', 'tulips')))
    const answer = await must(200, carrier.send('GET', iri))
    const headers = { 'content-type': text(version), 'content-language': 'en-US', type: `${CARGO}Piece`, revision: '2', 'latest-revision': '2', 'last-modified': text('GMT') }
    expect(headersOf(answer)).toMatchObject(headers)
    expect(await answer.json()).toMatchObject({ '@id': iri, 'cargo:goodsDescription': 'tulips', 'api:hasRevision': 2, 'api:hasLatestRevision': 2 })
    const head = await must(200, carrier.send('HEAD', iri))
    expect([headersOf(head), await head.text()]).toMatchObject([headers, ''])
    await expectError(401, nobody.send('GET', iri))
    await expectError(403, stranger.send('GET', iri))
    await expectError(404, holder.send('GET', '/logistics-objects/none'))
    await expectError(400, carrier.send('GET', `${iri}?embedded=perhaps`))
  })

  test('[OBJ-006] [OBJ-007] [OBJ-009] [OBJ-011] linked objects are embedded when asked for', async () => {
    const piece = await at.shared()
    const shipment = await at.shared({ '@type': 'cargo:Shipment', 'cargo:pieces': [{ '@id': piece }] })
    expect(await json(carrier.send('GET', shipment))).toMatchObject({ 'cargo:pieces': [{ '@id': piece }] })
    expect(JSON.stringify((await json(carrier.send('GET', shipment)))['cargo:pieces'])).not.toContain('goodsDescription')
    expect(await json(carrier.send('GET', `${shipment}?embedded=true`))).toMatchObject({ 'cargo:pieces': [{ '@id': piece, 'cargo:goodsDescription': 'roses', 'api:hasRevision': 1, 'api:hasLatestRevision': 1 }] })
  })

  test('[OBJ-009] [OBJ-015] [OBJ-016] [OBJ-017] [OBJ-018] an object is read as it was', async () => {
    const piece = await at.shared()
    const iri = await at.shared({ '@type': 'cargo:Shipment', 'cargo:pieces': [{ '@id': piece }] })
    const then = compact(new Date())
    await sleep(1_100) // times of queries have a resolution of a second
    await must(201, holder.send('PATCH', iri, describeAs(iri, 1, 'roses', 'tulips')))
    const answer = await must(200, carrier.send('GET', `${iri}?at=${then}`))
    expect(headersOf(answer)).toMatchObject({ revision: '1', 'latest-revision': '2' })
    expect(await answer.json()).toMatchObject({ '@id': `${iri}?at=${then}`, 'cargo:goodsDescription': 'roses', 'cargo:pieces': [{ '@id': `${piece}?at=${then}` }] })
    await expectError(400, carrier.send('GET', `${iri}?at=${compact(new Date(Date.now() + 3_600_000))}`))
    await expectError(400, carrier.send('GET', `${iri}?at=yesterday`))
    await expectError(404, carrier.send('GET', `${iri}?at=20200101T000000Z`))
  })

  test('[CHG-002] [CHG-008] [CHG-009] [CHG-010] a change is applied as a whole, deletions first', async () => {
    const iri = await at.shared()
    const answer = await must(201, holder.send('PATCH', iri, change(iri, 1,
      ['ADD', iri, 'goodsDescription', 'string', 'tulips'], ['DELETE', iri, 'goodsDescription', 'string', 'roses'], ['ADD', iri, 'grossWeight', 'Value', '_:b0'], ['ADD', '_:b0', 'numericalValue', 'double', '20.0'])))
    expect(headersOf(answer)).toMatchObject({ location: text('/action-requests/'), type: `${API}ChangeRequest` })
    expect(await json(carrier.send('GET', iri))).toMatchObject({ 'api:hasRevision': 2, 'cargo:goodsDescription': 'tulips', 'cargo:grossWeight': { '@id': text('internal:'), '@type': 'cargo:Value', 'cargo:numericalValue': { '@value': '20.0' } } })
  })

  test('[CHG-014] properties and embedded objects are added, changed and deleted', async () => {
    const iri = await at.shared({ 'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': 20 } })
    const weight = ((await json(carrier.send('GET', iri)))['cargo:grossWeight'] as { '@id': string })['@id']
    await must(201, holder.send('PATCH', iri, change(iri, 1, ['DELETE', weight, 'numericalValue', 'double', '20.0'], ['ADD', weight, 'numericalValue', 'double', '25.0'], ['ADD', iri, 'coload', 'boolean', 'true'])))
    expect(await json(carrier.send('GET', iri))).toMatchObject({ 'cargo:grossWeight': { '@id': weight, 'cargo:numericalValue': { '@value': '25.0' } }, 'cargo:coload': { '@value': 'true' } })
    await must(201, holder.send('PATCH', iri, change(iri, 2, ['DELETE', iri, 'grossWeight', 'Value', weight])))
    expect(await json(carrier.send('GET', iri))).not.toHaveProperty('cargo:grossWeight')
  })

  test('[CHG-001] [CHG-012] who asks for a change sees it wait, and may revoke it', async () => {
    const iri = await at.shared()
    const request = located(await must(201, carrier.send('PATCH', iri, describeAs(iri, 1, 'roses', 'tulips'))))
    expect(await statusOf(carrier, request)).toBe('PENDING')
    await must(204, carrier.send('DELETE', request))
    expect(await statusOf(carrier, request)).toBe('REVOKED')
    expect(await json(carrier.send('GET', iri))).toMatchObject({ 'api:hasRevision': 1, 'cargo:goodsDescription': 'roses' })
  })

  test('[CHG-003] [REQ-005] a change that cannot be done changes nothing, and says why', async () => {
    const iri = await at.shared()
    const answer = await holder.send('PATCH', iri, change(iri, 1, ['ADD', iri, 'upid', 'string', 'x'], ['DELETE', iri, 'goodsDescription', 'string', 'lilies']))
    expect(answer.status).toBe(422)
    expect(await json(holder.send('GET', located(answer)))).toMatchObject({ 'api:hasRequestStatus': { '@id': 'api:REQUEST_FAILED' }, 'api:hasError': [{ '@type': 'api:Error' }], ...(version === '2.3.0' ? { 'api:hasRequestStatusSince': { '@value': text('Z') } } : {}) })
    expect(await json(carrier.send('GET', iri))).not.toHaveProperty('cargo:upid')
  })

  test('[CHG-004] of the changes of one revision one is accepted, the others are rejected', async () => {
    const iri = await at.shared()
    const [one, other] = await Promise.all(['tulips', 'lilies'].map(async (word) => located(await must(201, carrier.send('PATCH', iri, describeAs(iri, 1, 'roses', word))))))
    await must(204, holder.send('PATCH', `${one ?? ''}?status=REQUEST_ACCEPTED`))
    expect([await statusOf(carrier, one ?? ''), await statusOf(carrier, other ?? '')]).toEqual(['ACCEPTED', 'REJECTED'])
  })

  test('[CHG-005] [CHG-006] [CHG-007] [CHG-011] what a change may not ask for is refused', async () => {
    const [iri, other] = [await at.shared(), await at.shared()]
    await expectError(400, holder.send('PATCH', iri, change(iri, 1, ['ADD', iri, 'containedPieces', 'Piece', '_:p'])))
    await expectError(422, holder.send('PATCH', iri, change(iri, 1, ['ADD', other, 'upid', 'string', 'x'])))
    await expectError(400, holder.send('PATCH', iri, change(iri, 1, ['ADD', iri, version === '2.2.0' ? 'hasLogisticsEvent' : 'events', 'LogisticsEvent', `${iri}/logistics-events/1`])))
    await expectError(400, holder.send('PATCH', iri, describeAs(other, 1, 'roses', 'x')))
    await expectError(401, nobody.send('PATCH', iri, describeAs(iri, 1, 'roses', 'x')))
    await expectError(403, stranger.send('PATCH', iri, describeAs(iri, 1, 'roses', 'x')))
    await expectError(404, holder.send('PATCH', '/logistics-objects/none', describeAs(`${at.base}/logistics-objects/none`, 1, 'roses', 'x')))
    await expectError(415, holder.send('PATCH', iri, describeAs(iri, 1, 'roses', 'x'), { 'content-type': 'text/plain' }))
  })

  test('[AUD-001] [AUD-002] [AUD-003] [AUD-004] an audit trail has changes and verifications, filtered', async () => {
    const iri = await at.shared()
    const verified = located(await must(201, carrier.send('POST', iri, verification(iri))))
    const changed = located(await must(201, holder.send('PATCH', iri, describeAs(iri, 1, 'roses', 'tulips'))))
    const answer = await must(200, carrier.send('GET', `${iri}/audit-trail`))
    expect(headersOf(answer)).toMatchObject({ 'content-type': text(version), 'content-language': 'en-US' })
    const ids = (body: Json) => [body['api:hasActionRequest'] ?? []].flat().map((each) => String((each as Json)['@id'])).toSorted()
    expect(ids((await answer.json()) as Json)).toEqual([verified, changed].toSorted())
    expect(ids(await json(carrier.send('GET', `${iri}/audit-trail?status=REQUEST_ACCEPTED`)))).toEqual([changed])
    expect(ids(await json(carrier.send('GET', `${iri}/audit-trail?updated-from=20200101T000000Z&updated-to=20200102T000000Z`)))).toEqual([])
    await expectError(401, nobody.send('GET', `${iri}/audit-trail`))
    await expectError(403, stranger.send('GET', `${iri}/audit-trail`))
    await expectError(404, holder.send('GET', '/logistics-objects/none/audit-trail'))
  })

  test('[EVT-001] [EVT-002] [EVT-003] [EVT-005] [EVT-007] [EVT-008] [OBJ-008] an event is made for its object, read, and never changed', async () => {
    const iri = await at.shared()
    const made = await must(201, carrier.send('POST', `${iri}/logistics-events`, event()))
    expect(headersOf(made)).toMatchObject({ location: text(`${iri}/logistics-events/`), type: `${CARGO}LogisticsEvent` })
    const other = await must(201, carrier.send('POST', `${iri}/logistics-events`, event()))
    expect(located(other)).not.toBe(located(made))
    const answer = await must(200, carrier.send('GET', located(made)))
    expect(headersOf(answer)).toMatchObject({ 'content-type': text(version), 'content-language': 'en-US', 'last-modified': text('GMT'), type: `${CARGO}LogisticsEvent` })
    expect(await answer.json()).toMatchObject({ '@id': located(made), '@type': 'cargo:LogisticsEvent', 'cargo:eventFor': { '@id': iri } })
    for (const method of ['PUT', 'PATCH', 'DELETE']) await expectError(405, carrier.send(method, located(made)))
    await expectError(401, nobody.send('GET', located(made)))
    await expectError(403, stranger.send('GET', located(made)))
    await expectError(404, holder.send('GET', `${iri}/logistics-events/none`))
    expect(await json(carrier.send('GET', iri))).not.toHaveProperty('cargo:events')
  })

  test('[EVT-003] [EVT-004] [EVT-006] what is no event of an object that is there is refused', async () => {
    const iri = await at.shared()
    await expectError(400, carrier.send('POST', `${iri}/logistics-events`, { '@context': context, '@type': 'cargo:LogisticsEvent' }))
    await expectError(400, carrier.send('POST', `${iri}/logistics-events`, event({ 'cargo:eventFor': { '@id': 'https://elsewhere.test/logistics-objects/1' } })))
    await expectError(401, nobody.send('POST', `${iri}/logistics-events`, event()))
    await expectError(403, stranger.send('POST', `${iri}/logistics-events`, event()))
    await expectError(404, holder.send('POST', '/logistics-objects/none/logistics-events', event()))
    await expectError(415, carrier.send('POST', `${iri}/logistics-events`, event(), { 'content-type': 'text/plain' }))
  })

  test('[EVT-009] [EVT-010] [EVT-011] [EVT-012] [EVT-013] [EVT-014] events are listed, by code, time, order and page', async () => {
    const iri = await at.shared()
    const list = `${iri}/logistics-events`
    const events: string[] = []
    for (const [code, year] of [['DEP', 2024], ['ARR', 2025], ['FOH', 2026]] as const) {
      events.push(located(await must(201, carrier.send('POST', list, event({ 'cargo:eventCode': { '@id': STATUS + code }, 'cargo:eventDate': { '@type': 'xsd:dateTime', '@value': `${year}-06-01T00:00:00Z` } })))))
    }
    const answer = await must(200, carrier.send('GET', list))
    const headers = { 'content-type': text(version), 'content-language': 'en-US', 'last-modified': text('GMT'), type: `${API}Collection` }
    expect(headersOf(answer)).toMatchObject(headers)
    expect(await answer.json()).toMatchObject({ '@id': list, '@type': 'api:Collection', 'api:hasTotalItems': 3 })
    const found = async (query: string) => [(await json(carrier.send('GET', `${list}?${query}`)))['api:hasItem'] ?? []].flat().map((each) => events.indexOf(String((each as Json)['@id'])))
    expect(await found('event-code=DEP')).toEqual([0])
    expect(new Set(await found(`event-code=DEP,${encodeURIComponent(`${STATUS}ARR`)}`))).toEqual(new Set([0, 1]))
    expect(new Set(await found('occurred-after=20250101T000000Z'))).toEqual(new Set([1, 2]))
    expect(await found('occurred-before=20250101T000000Z&created-after=20200101T000000Z&created-before=29990101T000000Z')).toEqual([0])
    expect(await found('sort=DESC-eventDate&limit=1&skip=1')).toEqual([1])
    const head = await must(200, carrier.send('HEAD', list))
    expect([headersOf(head), await head.text()]).toMatchObject([headers, ''])
    await sleep(1_100) // Last-Modified has a resolution of a second
    await must(201, carrier.send('POST', list, event()))
    expect(Date.parse((await must(200, carrier.send('HEAD', list))).headers.get('last-modified') ?? '')).toBeGreaterThan(Date.parse(answer.headers.get('last-modified') ?? ''))
    await expectError(401, nobody.send('GET', list))
    await expectError(403, stranger.send('GET', list))
    await expectError(404, holder.send('GET', '/logistics-objects/none/logistics-events'))
  })
})

describe('conformance, version 2.3.0', () => {
  test('[BLK-001] [BLK-002] [BLK-003] [BLK-004] [BLK-005] [BLK-006] one event for many objects is made where it may be', async () => {
    const { carrier, nobody, holder } = at.parties('2.3.0')
    const [one, two] = [await at.shared(), await at.shared()]
    const forbidden = located(await must(201, holder.send('POST', '/logistics-objects', PIECE)))
    const missing = `${at.base}/logistics-objects/none`
    const eventFor = [one, two, forbidden, missing].map((id) => ({ '@id': id }))
    const answer = await must(207, carrier.send('POST', '/logistics-events', event({ 'cargo:eventFor': eventFor })))
    expect(headersOf(answer)).toMatchObject({ 'content-type': text('version=2.3.0'), 'content-language': 'en-US' })
    const body = (await answer.json()) as Json & { readonly 'api:hasCreationResult': readonly Json[] }
    expect(body).toMatchObject({ '@type': 'api:MultiStatusResponse', 'api:hasTotalItems': 4, 'api:hasTotalCreated': 2, 'api:hasTotalFailed': 2 })
    const result = (iri: string) => body['api:hasCreationResult'].find((each) => (each['api:hasLogisticsObject'] as { '@id': string })['@id'] === iri)
    expect(result(one)).toMatchObject({ 'api:hasHTTPStatus': 201, 'api:hasLogisticsEvent': { '@id': text(`${one}/logistics-events/`) } })
    expect(result(forbidden)).toMatchObject({ 'api:hasHTTPStatus': 403, 'api:hasError': { '@type': 'api:Error' } })
    expect(result(missing)).toMatchObject({ 'api:hasHTTPStatus': expect.toBeOneOf([403, 404]) as unknown, 'api:hasError': { '@type': 'api:Error' } })
    expect(await json(carrier.send('GET', `${two}/logistics-events`))).toMatchObject({ 'api:hasTotalItems': 1 })
    await expectError(401, nobody.send('POST', '/logistics-events', event({ 'cargo:eventFor': eventFor })))
    await expectError(415, carrier.send('POST', '/logistics-events', event({ 'cargo:eventFor': eventFor }), { 'content-type': 'text/plain' }))
    await expectError(400, carrier.send('POST', '/logistics-events', { '@context': context, '@type': 'cargo:LogisticsEvent', 'cargo:eventFor': eventFor }))
  })
})
