import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OWNER } from '../access/testing/closed.ts'
import { VERSIONS } from './requirement.ts'
import { ALL, API, CARGO, context, expectError, headersOf, json, located, must, startConformance, statusOf, text, type Conformance, type Party } from './testing.ts'

let at: Conformance
beforeAll(async () => { at = await startConformance() })
afterAll(() => at.stop())

describe.each(VERSIONS)('conformance, version %s', (version) => {
  let holder: Party
  let carrier: Party
  let stranger: Party
  let nobody: Party
  beforeAll(() => { ({ holder, carrier, stranger, nobody } = at.parties(version)) })

  const subscription = (topic: string, more: object = {}) => ({
    '@context': context, '@type': 'api:Subscription', 'api:hasSubscriber': { '@id': carrier.uri }, 'api:hasContentType': 'application/ld+json', 'api:hasTopicType': { '@id': 'api:LOGISTICS_OBJECT_IDENTIFIER' },
    'api:hasTopic': { '@type': 'xsd:anyURI', '@value': topic }, 'api:includeSubscriptionEventType': [{ '@id': 'api:LOGISTICS_OBJECT_UPDATED' }], 'api:notifyRequestStatusChange': false, 'api:sendLogisticsObjectBody': false, ...more,
  })
  const notification = (more: object = {}) => ({
    '@context': context, '@type': 'api:Notification', 'api:hasEventType': { '@id': 'api:LOGISTICS_OBJECT_UPDATED' }, 'api:hasLogisticsObject': { '@id': `https://elsewhere.test/logistics-objects/${version}` },
    'api:hasLogisticsObjectType': { '@type': 'xsd:anyURI', '@value': `${CARGO}Piece` }, ...more,
  })
  const delegation = (iri: string, more: object = {}) => ({
    '@context': context, '@type': 'api:AccessDelegation', 'api:hasPermission': [{ '@id': 'api:GET_LOGISTICS_OBJECT' }], 'api:isRequestedFor': [{ '@id': stranger.uri }], 'api:hasLogisticsObject': [{ '@id': iri }], 'api:notifyRequestStatusChange': false, ...more,
  })

  test('[SUB-001] [SUB-007] [SUB-012] [REQ-019] [REQ-018] a subscription is a request that its subscriber reads and revokes, and nobody changes', async () => {
    const answer = await must(201, carrier.send('POST', '/subscriptions', subscription(await at.shared())))
    expect(headersOf(answer)).toMatchObject({ location: text('/action-requests/'), type: `${API}SubscriptionRequest` })
    const request = located(answer)
    expect(await json(carrier.send('GET', request))).toMatchObject({ '@type': 'api:SubscriptionRequest', 'api:hasSubscription': { '@type': 'api:Subscription', 'api:hasSubscriber': { '@id': carrier.uri } } })
    for (const method of ['PUT', 'POST']) await expectError(405, carrier.send(method, request, subscription('https://elsewhere.test/logistics-objects/1')))
    await must(204, holder.send('PATCH', `${request}?status=REQUEST_ACCEPTED`))
    await must(204, carrier.send('DELETE', request))
    expect(await statusOf(carrier, request)).toBe('REVOKED')
  })

  test('[SUB-009] [SUB-011] [SUB-013] what is no subscription, or no topic, is refused', async () => {
    await expectError(400, carrier.send('POST', '/subscriptions', { '@context': context, '@type': 'api:Subscription' }))
    await expectError(401, nobody.send('POST', '/subscriptions', subscription('https://elsewhere.test/logistics-objects/1')))
    await expectError(415, carrier.send('POST', '/subscriptions', subscription('https://elsewhere.test/logistics-objects/1'), { 'content-type': 'text/plain' }))
    await expectError(400, carrier.send('GET', '/subscriptions'))
    await expectError(400, carrier.send('GET', `/subscriptions?topicType=${encodeURIComponent(`${API}LOGISTICS_OBJECT_TYPE`)}&topic=nothing`))
    await expectError(401, nobody.send('GET', `/subscriptions?topicType=${encodeURIComponent(`${API}LOGISTICS_OBJECT_TYPE`)}&topic=${encodeURIComponent(`${CARGO}Piece`)}`))
  })

  test('[NOT-001] [NOT-002] [NOT-005] notifications are taken from whoever is known', async () => {
    for (const party of [carrier, stranger]) expect(await (await must(204, party.send('POST', '/notifications', notification()))).text()).toBe('')
    await expectError(400, carrier.send('POST', '/notifications', { '@context': context, '@type': 'cargo:Piece' }))
    await expectError(400, carrier.send('POST', '/notifications', notification({ 'api:hasEventType': [] })))
    await expectError(401, nobody.send('POST', '/notifications', notification()))
    await expectError(405, carrier.send('PUT', '/notifications', notification()))
    await expectError(415, carrier.send('POST', '/notifications', notification(), { 'content-type': 'text/plain' }))
  })

  test('[DEL-001] [DEL-002] [DEL-003] an access delegation is a request that its requestor reads and revokes', async () => {
    const iri = await at.shared()
    const answer = await must(201, carrier.send('POST', '/access-delegations', delegation(iri)))
    expect(headersOf(answer)).toMatchObject({ location: text('/action-requests/'), type: `${API}AccessDelegationRequest` })
    const request = located(answer)
    expect(await json(carrier.send('GET', request))).toMatchObject({ '@type': 'api:AccessDelegationRequest', 'api:hasAccessDelegation': { '@type': 'api:AccessDelegation' } })
    await must(204, holder.send('PATCH', `${request}?status=REQUEST_ACCEPTED`))
    await must(200, stranger.send('GET', iri))
    await must(204, carrier.send('DELETE', request))
    await expectError(403, stranger.send('GET', iri))
    await expectError(400, carrier.send('POST', '/access-delegations', { '@context': context, '@type': 'api:AccessDelegation' }))
    await expectError(401, nobody.send('POST', '/access-delegations', delegation(iri)))
    await expectError(415, carrier.send('POST', '/access-delegations', delegation(iri), { 'content-type': 'text/plain' }))
  })

  test('[ACL-001] [ACL-002] [ACL-003] each permission is for one object and one thing, and without it the answer is 403', async () => {
    const [iri, other] = [await at.shared(), await at.shared()]
    const tries: Readonly<Record<string, (object: string) => Promise<Response>>> = {
      GET_LOGISTICS_OBJECT: (object) => stranger.send('GET', object),
      PATCH_LOGISTICS_OBJECT: (object) => stranger.send('PATCH', object, { '@context': context, '@type': 'api:Change' }),
      GET_LOGISTICS_EVENT: (object) => stranger.send('GET', `${object}/logistics-events`),
      POST_LOGISTICS_EVENT: (object) => stranger.send('POST', `${object}/logistics-events`, { '@context': context, '@type': 'cargo:LogisticsEvent' }),
    }
    const given: string[] = []
    for (const permission of ALL) {
      await at.owner.send('POST', '/holder/grants', { objects: [iri], permissions: [permission], agent: stranger.uri }, { 'content-type': 'application/json' })
      given.push(permission)
      for (const [name, attempt] of Object.entries(tries)) {
        const { status } = await attempt(iri)
        expect(`${permission} given, ${name}: ${status === 403}`).toBe(`${permission} given, ${name}: ${!given.includes(name)}`)
        expect((await attempt(other)).status).toBe(403)
      }
    }
  })

  test('[SEC-003] [SEC-004] [SEC-005] [SRV-003] tokens are given and asked for as described', async () => {
    await expectError(401, nobody.send('GET', '/', undefined, { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }))
    const { jwks_uri: keys } = (await (await must(200, nobody.send('GET', '/.well-known/openid-configuration'))).json()) as { readonly jwks_uri: string }
    expect(await (await must(200, nobody.send('GET', keys))).json()).toMatchObject({ keys: [{ kty: expect.any(String) as unknown }] })
    const ask = (body: Readonly<Record<string, string>>) => fetch(`${at.served.address}/oauth2/token`, { method: 'POST', body: new URLSearchParams(body) })
    expect((await ask({ grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'x' })).status).toBe(401)
    expect((await ask({ grant_type: 'client_credentials', client_id: OWNER.id, client_secret: OWNER.secret })).status).toBe(200)
  })
})

test('[NOT-003] HTTP 1.1 is spoken', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  httpRequest(`${at.served.address}/notifications`, { method: 'POST' }, (answer) => {
    answer.resume()
    resolve(answer.httpVersion)
  }).once('error', reject).end()
  expect(await promise).toBe('1.1')
})
