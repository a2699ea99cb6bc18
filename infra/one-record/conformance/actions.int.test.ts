import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VERSIONS } from './requirement.ts'
import { API, describeAs, expectError, headersOf, json, located, must, startConformance, statusOf, text, verification, type Conformance, type Party } from './testing.ts'

let at: Conformance
beforeAll(async () => { at = await startConformance() })
afterAll(() => at.stop())

describe.each(VERSIONS)('conformance, version %s', (version) => {
  let holder: Party
  let carrier: Party
  let stranger: Party
  let nobody: Party
  beforeAll(() => { ({ holder, carrier, stranger, nobody } = at.parties(version)) })
  const asked = async (): Promise<string> => {
    const iri = await at.shared()
    return located(await must(201, carrier.send('PATCH', iri, describeAs(iri, 1, 'roses', 'tulips'))))
  }

  test('[REQ-006] [REQ-010] [REQ-011] [REQ-016] [REQ-018] [REQ-002] a request is read by its requestor and the holder', async () => {
    const request = await asked()
    for (const party of [carrier, holder]) {
      const answer = await must(200, party.send('GET', request))
      expect(headersOf(answer)).toMatchObject({ 'content-type': text(version), 'content-language': 'en-US', type: `${API}ChangeRequest`, 'last-modified': text('GMT') })
      expect(await answer.json()).toMatchObject({
        '@id': request, '@type': 'api:ChangeRequest', 'api:isRequestedBy': { '@id': carrier.uri }, 'api:isRequestedAt': { '@value': text('Z') }, 'api:hasRequestStatus': { '@id': 'api:REQUEST_PENDING' },
        'api:hasChange': { '@type': 'api:Change' }, ...(version === '2.3.0' ? { 'api:hasRequestStatusSince': { '@value': text('Z') } } : {}),
      })
    }
    const head = await must(200, carrier.send('HEAD', request))
    expect([head.headers.get('type'), await head.text()]).toEqual([`${API}ChangeRequest`, ''])
    await expectError(401, nobody.send('GET', request))
    await expectError(403, stranger.send('GET', request))
    await expectError(404, holder.send('GET', '/action-requests/none'))
  })

  test('[REQ-007] [REQ-012] [REQ-013] only the holder accepts, rejects and acknowledges', async () => {
    const request = await asked()
    for (const status of ['REQUEST_ACCEPTED', 'REQUEST_REJECTED']) await expectError(403, carrier.send('PATCH', `${request}?status=${status}`))
    await expectError(401, nobody.send('PATCH', `${request}?status=REQUEST_ACCEPTED`))
    await expectError(400, holder.send('PATCH', `${request}?status=DONE`))
    await expectError(404, holder.send('PATCH', '/action-requests/none?status=REQUEST_ACCEPTED'))
    const answer = await must(204, holder.send('PATCH', `${request}?status=${encodeURIComponent(`${API}REQUEST_ACCEPTED`)}`))
    expect(headersOf(answer)).toMatchObject({ location: request, type: `${API}ChangeRequest` })
    const iri = await at.shared()
    const verified = located(await must(201, carrier.send('POST', iri, verification(iri))))
    await expectError(403, carrier.send('PATCH', `${verified}?status=REQUEST_ACKNOWLEDGED`))
    await must(204, holder.send('PATCH', `${verified}?status=REQUEST_ACKNOWLEDGED`))
    expect([await statusOf(carrier, request), await statusOf(carrier, verified)]).toEqual(['ACCEPTED', 'ACKNOWLEDGED'])
  })

  test('[REQ-001] [REQ-009] [REQ-014] [REQ-017] its requestor or the holder revoke a request, a change only while it waits', async () => {
    const [one, other] = [await asked(), await asked()]
    await expectError(401, nobody.send('DELETE', one))
    await expectError(403, stranger.send('DELETE', one))
    await expectError(404, holder.send('DELETE', '/action-requests/none'))
    await must(204, carrier.send('DELETE', one))
    expect(await json(holder.send('GET', one))).toMatchObject({ 'api:hasRequestStatus': { '@id': 'api:REQUEST_REVOKED' }, 'api:isRevokedBy': { '@id': carrier.uri }, 'api:isRevokedAt': { '@value': text('Z') } })
    await must(204, holder.send('PATCH', `${other}?status=REQUEST_REVOKED`))
    expect(await statusOf(carrier, other)).toBe('REVOKED')
    const accepted = await asked()
    await must(204, holder.send('PATCH', `${accepted}?status=REQUEST_ACCEPTED`))
    await expectError(422, carrier.send('DELETE', accepted))
    expect(await statusOf(carrier, accepted)).toBe('ACCEPTED')
  })

  test('[REQ-008] the holder\'s own change is accepted at once', async () => {
    const iri = await at.shared()
    const request = located(await must(201, holder.send('PATCH', iri, describeAs(iri, 1, 'roses', 'tulips'))))
    expect(await statusOf(holder, request)).toBe('ACCEPTED')
    expect(await json(carrier.send('GET', iri))).toMatchObject({ 'api:hasRevision': 2 })
  })

  test('[REQ-015] Last-Modified moves when the status does', async () => {
    const request = await asked()
    const modified = async () => Date.parse((await must(200, carrier.send('HEAD', request))).headers.get('last-modified') ?? '')
    const before = await modified()
    await sleep(1_100) // it has a resolution of a second
    await must(204, holder.send('PATCH', `${request}?status=REQUEST_REJECTED`))
    expect(await modified()).toBeGreaterThan(before)
  })

  test('[VER-001] [VER-002] a verification is asked for by who may read the object', async () => {
    const iri = await at.shared()
    const answer = await must(201, carrier.send('POST', iri, verification(iri)))
    expect(headersOf(answer)).toMatchObject({ location: text('/action-requests/'), type: `${API}VerificationRequest` })
    await expectError(400, carrier.send('POST', iri, { ...verification(iri), '@type': 'api:Change' }))
    await expectError(401, nobody.send('POST', iri, verification(iri)))
    await expectError(403, stranger.send('POST', iri, verification(iri)))
    await expectError(404, holder.send('POST', '/logistics-objects/none', verification(`${at.base}/logistics-objects/none`)))
    await expectError(415, carrier.send('POST', iri, verification(iri), { 'content-type': 'text/plain' }))
  })
})

test('[REQ-003] [REQ-004] conformance, version 2.3.0: the history has each status that was, and not the one that is', async () => {
  const { holder, carrier } = at.parties('2.3.0')
  const iri = await at.shared()
  const request = located(await must(201, carrier.send('PATCH', iri, describeAs(iri, 1, 'roses', 'tulips'))))
  const since = (await json(carrier.send('GET', request)))['api:hasRequestStatusSince']
  await must(204, holder.send('PATCH', `${request}?status=REQUEST_REJECTED`))
  const history = [{ '@type': 'api:RequestStatusEntry', 'api:hasRequestStatus': { '@id': 'api:REQUEST_PENDING' }, 'api:hasRequestStatusSince': since }]
  const read = await json(carrier.send('GET', request))
  expect(read).toMatchObject({ 'api:hasRequestStatus': { '@id': 'api:REQUEST_REJECTED' }, 'api:hasRequestStatusHistory': history })
  expect(await json(carrier.send('GET', request))).toEqual(read)
})
