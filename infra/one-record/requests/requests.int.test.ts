import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { holderOf, holderToken, PIECE, serveClosed, type Caller } from '../access/testing/closed.ts'
import { changeBody, type Sent } from '../change/testing.ts'
import { example } from '../testing/examples.ts'
import { startStore, type Served } from '../testing/serve.ts'
import { grant, holderCaller, newAgent, type TestAgent } from './testing/agents.ts'

let minio: MinioServer
let server: Served
let holder: Caller
let carrier: TestAgent
let forwarder: TestAgent
let stranger: TestAgent
beforeAll(async () => {
  minio = await startStore()
  server = await serveClosed(minio, { hideForbidden: false })
  holder = await holderCaller(server)
  ;[carrier, forwarder, stranger] = await Promise.all([newAgent(server, holder, 'carrier'), newAgent(server, holder, 'forwarder'), newAgent(server, holder, 'stranger')])
})
afterAll(async () => {
  await server.stop()
  await minio.stop()
})

const API = 'https://onerecord.iata.org/ns/api#'
const READ = 'GET_LOGISTICS_OBJECT'
const CHANGE = 'PATCH_LOGISTICS_OBJECT'

type Json = Readonly<Record<string, unknown>>
const status = (name: string) => ({ '@id': `api:REQUEST_${name}` })
const statusOf = async (iri: string, by: Caller = holder): Promise<string> => (await by.json<{ 'api:hasRequestStatus': { '@id': string } }>(iri))['api:hasRequestStatus']['@id'].replace('api:REQUEST_', '')
const trailOf = async (iri: string, by: Caller = holder, query = ''): Promise<readonly Json[]> => (await by.json<{ 'api:hasActionRequest': readonly Json[] }>(`${iri}/audit-trail${query}`))['api:hasActionRequest']
const revisionOf = async (iri: string): Promise<string | null> => (await holder.must(200, 'HEAD', iri)).headers.get('revision')
const located = (answer: Response): string => answer.headers.get('location') ?? ''
const decided = (iri: string, to: string, by: Caller = holder): Promise<number> => by.status('PATCH', `${iri}?status=REQUEST_${to}`)

/** A piece that the carrier may read and change, the forwarder too. */
const sharedPiece = async (body: object = {}): Promise<string> => {
  const iri = await holder.make({ ...PIECE, ...body })
  for (const agent of [carrier, forwarder]) await grant(holder, agent, [iri], [READ, CHANGE])
  return iri
}
const describeAs = (iri: string, text: string, from = 'roses'): readonly Sent[] => [['DELETE', iri, 'goodsDescription', 'string', from], ['ADD', iri, 'goodsDescription', 'string', text]]
const ask = async (by: Caller, iri: string, text: string, revision = 1, from = 'roses'): Promise<string> => located(await by.must(201, 'PATCH', iri, changeBody(iri, revision, describeAs(iri, text, from))))
const verification = (iri: string, extra: object = {}) => ({
  '@context': { api: API }, '@type': 'api:Verification', 'api:hasLogisticsObject': { '@id': iri }, 'api:hasRevision': { '@type': 'http://www.w3.org/2001/XMLSchema#positiveInteger', '@value': '1' },
  'api:hasError': [{ '@type': 'api:Error', 'api:hasTitle': 'Gross weight missing', 'api:hasErrorDetail': { '@type': 'api:ErrorDetail', 'api:hasCode': 'AWB07' } }], ...extra,
})
const verify = async (by: Caller, iri: string): Promise<string> => located(await by.must(201, 'POST', iri, verification(iri)))

describe('a change of another agent', () => {
  test('waits for the holder, is accepted, and is applied in that moment', async () => {
    const iri = await sharedPiece()
    const answer = await carrier.must(201, 'PATCH', iri, changeBody(iri, 1, describeAs(iri, 'tulips')))
    expect([answer.headers.get('type'), await answer.text()]).toEqual([`${API}ChangeRequest`, ''])
    const request = located(answer)
    expect(request).toMatch(/^http:\/\/demo\.play\.test\/action-requests\/[\da-f-]{36}$/)
    const waiting = await carrier.json<Json>(request)
    expect(waiting).toMatchObject({
      '@id': request, '@type': 'api:ChangeRequest', 'api:isRequestedBy': { '@id': carrier.uri }, 'api:hasRequestStatus': status('PENDING'),
      'api:hasChange': { '@type': 'api:Change', 'api:hasLogisticsObject': { '@id': iri }, 'api:hasOperation': [{ 'api:op': { '@id': 'api:DELETE' } }, { 'api:op': { '@id': 'api:ADD' } }] },
    })
    expect(waiting).toMatchObject({ 'api:hasRequestStatusSince': waiting['api:isRequestedAt'] })
    expect(waiting).not.toHaveProperty('api:hasRequestStatusHistory')
    expect(await revisionOf(iri)).toBe('1')

    const accepted = await holder.must(204, 'PATCH', `${request}?status=REQUEST_ACCEPTED`)
    expect([located(accepted), accepted.headers.get('type'), await accepted.text()]).toEqual([request, `${API}ChangeRequest`, ''])
    expect(await carrier.json(request)).toMatchObject({
      'api:hasRequestStatus': status('ACCEPTED'), 'api:isRequestedAt': waiting['api:isRequestedAt'],
      'api:hasRequestStatusHistory': [{ '@type': 'api:RequestStatusEntry', '@id': expect.stringMatching(/^internal:/) as unknown, 'api:hasRequestStatus': status('PENDING'), 'api:hasRequestStatusSince': waiting['api:isRequestedAt'], 'api:isChangedBy': { '@id': holderOf(server) } }],
    })
    expect(await carrier.json(iri)).toMatchObject({ 'cargo:goodsDescription': 'tulips', 'api:hasRevision': 2 })
  })

  test('is accepted once, however often that is said', async () => {
    const iri = await sharedPiece()
    const request = await ask(carrier, iri, 'tulips')
    expect(await Promise.all(Array.from({ length: 8 }, () => decided(request, 'ACCEPTED')))).toEqual(Array.from({ length: 8 }, () => 204))
    expect(await revisionOf(iri)).toBe('2')
    expect(await decided(request, 'REJECTED')).toBe(422)
  })

  test('that is rejected changes nothing and stays in the audit trail', async () => {
    const iri = await sharedPiece()
    const request = await ask(carrier, iri, 'tulips')
    expect(await decided(request, 'REJECTED')).toBe(204)
    expect([await revisionOf(iri), await statusOf(request, carrier)]).toEqual(['1', 'REJECTED'])
    expect(await trailOf(iri)).toMatchObject([{ '@id': request, 'api:hasRequestStatus': status('REJECTED') }])
    expect(await decided(request, 'ACCEPTED')).toBe(422)
  })

  test('rejects the others that were made for the same revision when it is accepted, and those alone', async () => {
    const [iri, other] = [await sharedPiece(), await sharedPiece()]
    const [first, second, third, elsewhere] = [await ask(carrier, iri, 'tulips'), await ask(forwarder, iri, 'lilies'), await ask(carrier, iri, 'daisies'), await ask(carrier, other, 'tulips')]
    expect(await decided(second, 'ACCEPTED')).toBe(204)
    expect(await Promise.all([first, second, third, elsewhere].map((request) => statusOf(request)))).toEqual(['REJECTED', 'ACCEPTED', 'REJECTED', 'PENDING'])
    expect(await holder.json(iri)).toMatchObject({ 'cargo:goodsDescription': 'lilies' })
    // the holder's own change is accepted at once, which counts the same
    await ask(holder, other, 'holly')
    expect(await statusOf(elsewhere)).toBe('REJECTED')
  })

  test('for another revision has failed with code 409', async () => {
    const iri = await sharedPiece()
    const request = located(await carrier.must(201, 'PATCH', iri, changeBody(iri, 7, describeAs(iri, 'tulips'))))
    expect(await carrier.json(request)).toMatchObject({
      'api:hasRequestStatus': status('FAILED'), 'api:hasRequestStatusHistory': [{ 'api:hasRequestStatus': status('PENDING') }, { 'api:hasRequestStatus': status('ACCEPTED') }],
      'api:hasError': [{ '@type': 'api:Error', 'api:hasErrorDetail': [{ 'api:hasCode': '409', 'api:hasResource': { '@value': iri } }] }],
    })
  })

  test('that cannot be done is 422, kept as failed, and changes nothing', async () => {
    const iri = await sharedPiece()
    const answer = await carrier.must(422, 'PATCH', iri, changeBody(iri, 1, describeAs(iri, 'tulips', 'thistles')))
    expect(await answer.json()).toMatchObject({ 'api:hasErrorDetail': [{ 'api:hasProperty': { '@value': 'https://onerecord.iata.org/ns/cargo#goodsDescription' }, 'api:hasResource': { '@value': iri } }] })
    expect([await statusOf(located(answer), carrier), await revisionOf(iri)]).toEqual(['FAILED', '1'])
  })

  test('without the permission is 403, and asks nothing', async () => {
    const iri = await sharedPiece()
    expect(await stranger.status('PATCH', iri, changeBody(iri, 1, describeAs(iri, 'tulips')))).toBe(403)
    await grant(holder, stranger, [iri], [READ])
    expect(await stranger.status('PATCH', iri, changeBody(iri, 1, describeAs(iri, 'tulips')))).toBe(403)
    expect(await trailOf(iri)).toEqual([])
  })
})

describe('who may see and move a request', () => {
  test('its requestor and the holder see it, nobody else', async () => {
    const request = await ask(carrier, await sharedPiece(), 'tulips')
    for (const by of [carrier, holder]) {
      const head = await by.must(200, 'HEAD', request)
      expect([head.headers.get('type'), located(head), await head.text()]).toEqual([`${API}ChangeRequest`, request, ''])
      expect(Date.parse(head.headers.get('last-modified') ?? '')).toBeCloseTo(Date.now(), -4)
    }
    for (const by of [forwarder, stranger]) expect([await by.status('GET', request), await by.status('HEAD', request), await by.status('DELETE', request), await decided(request, 'ACCEPTED', by)]).toEqual([403, 403, 403, 403])
    // nor is a request that there is told from one that there is not
    expect([await stranger.status('GET', '/action-requests/nothing'), await holder.status('GET', '/action-requests/nothing'), await holder.status('DELETE', '/action-requests/nothing')]).toEqual([403, 404, 404])
  })

  test('its requestor takes it back, and decides nothing', async () => {
    const iri = await sharedPiece()
    const request = await ask(carrier, iri, 'tulips')
    expect([await decided(request, 'ACCEPTED', carrier), await decided(request, 'REJECTED', carrier)]).toEqual([403, 403])
    expect((await carrier.must(204, 'DELETE', request)).headers.get('content-length')).toBeNull()
    const revoked = await carrier.json<Json>(request)
    expect(revoked).toMatchObject({ 'api:hasRequestStatus': status('REVOKED'), 'api:isRevokedBy': { '@id': carrier.uri } })
    expect(revoked['api:isRevokedAt']).toEqual(revoked['api:hasRequestStatusSince'])
    expect([await carrier.status('DELETE', request), await decided(request, 'ACCEPTED'), await revisionOf(iri)]).toEqual([422, 422, '1'])
  })

  test('the holder takes it back too, by either way', async () => {
    const iri = await sharedPiece()
    const [first, second] = [await ask(carrier, iri, 'tulips'), await ask(carrier, iri, 'lilies')]
    expect([await holder.status('DELETE', first), await decided(second, 'REVOKED')]).toEqual([204, 204])
    expect(await carrier.json(first)).toMatchObject({ 'api:isRevokedBy': { '@id': holderOf(server) } })
  })

  test('a change that was accepted cannot be taken back', async () => {
    const request = await ask(carrier, await sharedPiece(), 'tulips')
    await decided(request, 'ACCEPTED')
    expect([await carrier.status('DELETE', request), await holder.status('DELETE', request)]).toEqual([422, 422])
  })

  test('a HEAD or GET with its tag is 304 until its status changes', async () => {
    const request = await ask(carrier, await sharedPiece(), 'tulips')
    const tag = (await carrier.must(200, 'GET', request)).headers.get('etag') ?? ''
    expect((await carrier.send('GET', request, undefined, { 'if-none-match': tag })).status).toBe(304)
    await carrier.status('DELETE', request)
    expect((await carrier.send('GET', request, undefined, { 'if-none-match': tag })).status).toBe(200)
  })
})

describe('the status that is asked for', () => {
  // fetch would keep what follows the number sign to itself
  const raw = async (path: string): Promise<number> => {
    const { port, hostname } = new URL(server.address)
    const headers = { authorization: `Bearer ${await holderToken(server)}` }
    return new Promise((resolve, reject) => {
      httpRequest({ method: 'PATCH', hostname, port, path, headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }).on('error', reject).end()
    })
  }

  test.each([
    ['by its name', 'REQUEST_REJECTED'], ['by its IRI', `${encodeURIComponent(`${API}REQUEST_REJECTED`)}`], ['by its IRI, the number sign alone encoded', `${API.replace('#', '%23')}REQUEST_REJECTED`],
    ['by its IRI, the number sign as it is', `${API}REQUEST_REJECTED`], ['by the short name of 2.2', 'REJECTED'],
  ])('is told %s', async (_, text) => {
    const request = await ask(carrier, await sharedPiece(), 'tulips')
    expect(await raw(`${new URL(request).pathname}?status=${text}`)).toBe(204)
    expect(await statusOf(request)).toBe('REJECTED')
  })

  test.each([
    ['none', '', 400], ['an unknown one', '?status=REQUEST_DONE', 400], ['an empty one', '?status=', 400], ['two', '?status=REQUEST_REJECTED&status=REQUEST_ACCEPTED', 400],
    ['pending again', '?status=REQUEST_PENDING', 422], ['acknowledged, of a change', '?status=REQUEST_ACKNOWLEDGED', 422], ['failed, before it was accepted', '?status=REQUEST_FAILED', 422],
  ])('is refused when it is %s', async (_, query, code) => {
    const request = await ask(carrier, await sharedPiece(), 'tulips')
    const answer = await holder.must(code, 'PATCH', request + query)
    expect(await answer.json()).toMatchObject({ '@type': 'api:Error', 'api:hasTitle': code === 400 ? 'Invalid query parameter request' : 'Unprocessable content' })
    expect(await statusOf(request)).toBe('PENDING')
  })

  test('in another media type is 415', async () => {
    const request = await ask(carrier, await sharedPiece(), 'tulips')
    expect((await holder.send('PATCH', `${request}?status=REQUEST_ACCEPTED`, undefined, { 'content-type': 'text/turtle' })).status).toBe(415)
  })
})

describe('a verification', () => {
  test('is requested by who may read the object, and acknowledged by the holder', async () => {
    const iri = await sharedPiece()
    const answer = await carrier.must(201, 'POST', iri, verification(iri, { 'api:notifyRequestStatusChange': true }))
    expect([answer.headers.get('type'), await answer.text()]).toEqual([`${API}VerificationRequest`, ''])
    const request = located(answer)
    expect(await carrier.json(request)).toMatchObject({
      '@type': 'api:VerificationRequest', 'api:hasRequestStatus': status('PENDING'),
      'api:hasVerification': { '@type': 'api:Verification', 'api:notifyRequestStatusChange': true, 'api:hasLogisticsObject': { '@id': iri }, 'api:hasError': [{ 'api:hasTitle': 'Gross weight missing', 'api:hasErrorDetail': { 'api:hasCode': 'AWB07' } }] },
    })
    expect([await decided(request, 'ACCEPTED'), await decided(request, 'ACKNOWLEDGED', carrier), await decided(request, 'ACKNOWLEDGED'), await holder.status('DELETE', request)]).toEqual([422, 403, 204, 422])
    expect(await statusOf(request, carrier)).toBe('ACKNOWLEDGED')
    expect(await revisionOf(iri)).toBe('1')
    expect(await trailOf(iri)).toMatchObject([{ '@id': request, '@type': 'api:VerificationRequest' }])
  })

  test('is taken as the standard’s example has it', async () => {
    const iri = await sharedPiece()
    const request = located(await carrier.must(201, 'POST', iri, example('Verification', { 'https://1r.example.com/logistics-objects/1a8ded38-1804-467c-a369-81a411416b7c': iri })))
    expect(await carrier.json(request)).toMatchObject({ 'api:hasVerification': { 'api:hasError': [{ 'api:hasSeverity': { '@id': 'api:ERROR' } }, {}] } })
  })

  test.each([['REJECTED', 204], ['FAILED', 204], ['REVOKED', 204]])('may become %s', async (to, code) => {
    const request = await verify(carrier, await sharedPiece())
    expect([await decided(request, to), await statusOf(request)]).toEqual([code, to])
  })

  test('of the holder itself is acknowledged at once', async () => expect(await statusOf(await verify(holder, await sharedPiece()))).toBe('ACKNOWLEDGED'))

  test('is named by the change that answers it', async () => {
    const iri = await sharedPiece()
    const request = await verify(carrier, iri)
    const naming = (verifications: readonly string[]) => changeBody(iri, 1, describeAs(iri, 'tulips'), { 'api:hasVerificationRequest': verifications.map((id) => ({ '@id': id })) })
    for (const wrong of [await verify(carrier, await sharedPiece()), `${server.base}/action-requests/nothing`, 'https://elsewhere.test/action-requests/1', await ask(carrier, iri, 'lilies')]) {
      const answer = await forwarder.must(422, 'PATCH', iri, naming([wrong]))
      expect(await answer.json()).toMatchObject({ 'api:hasErrorDetail': [{ 'api:hasProperty': { '@value': `${API}hasVerificationRequest` }, 'api:hasResource': { '@value': wrong } }] })
    }
    const change = located(await forwarder.must(201, 'PATCH', iri, naming([request])))
    expect(await forwarder.json(change)).toMatchObject({ 'api:hasChange': { 'api:hasVerificationRequest': [{ '@id': request }] } })
    expect(await decided(change, 'ACCEPTED')).toBe(204)
  })

  test.each<[string, number, object]>([
    ['of another object', 400, { 'api:hasLogisticsObject': { '@id': 'http://demo.play.test/logistics-objects/other' } }], ['without a revision', 400, { 'api:hasRevision': [] }],
    ['of a revision to come', 422, { 'api:hasRevision': 2 }], ['without errors', 400, { 'api:hasError': [] }],
    ['with an error without title', 400, { 'api:hasError': [{ '@type': 'api:Error', 'api:hasErrorDetail': { '@type': 'api:ErrorDetail' } }] }],
    ['with an error without detail', 400, { 'api:hasError': [{ '@type': 'api:Error', 'api:hasTitle': 'x' }] }],
    ['with an unknown severity', 400, { 'api:hasError': [{ '@type': 'api:Error', 'api:hasTitle': 'x', 'api:hasSeverity': { '@id': 'api:FATAL' }, 'api:hasErrorDetail': { '@type': 'api:ErrorDetail', 'api:hasCode': '1' } }] }],
    ['that is no verification', 400, { '@type': 'api:Change' }],
  ])('%s is %i', async (_, code, extra) => {
    const iri = await sharedPiece()
    expect(await carrier.status('POST', iri, verification(iri, extra))).toBe(code)
    expect(await trailOf(iri)).toEqual([])
  })

  test('of what the agent may not read is 403, of what there is not 404', async () => {
    expect(await stranger.status('POST', await sharedPiece(), verification('x:x'))).toBe(403)
    expect(await holder.status('POST', '/logistics-objects/nothing', verification('x:x'))).toBe(404)
  })
})

describe('an audit trail', () => {
  test('is of the object’s readers; a requestor without reading sees its own', async () => {
    const iri = await sharedPiece()
    const writer = await newAgent(server, holder, 'writer')
    await grant(holder, writer, [iri], [CHANGE])
    const [first, own, check] = [await ask(carrier, iri, 'tulips'), await ask(writer, iri, 'lilies'), await verify(forwarder, iri)]
    const ids = async (by: Caller) => (await trailOf(iri, by)).map((each) => each['@id'])
    expect([await ids(holder), await ids(carrier), await ids(writer)]).toEqual([[first, own, check], [first, own, check], [own]])
    expect(await stranger.status('GET', `${iri}/audit-trail`)).toBe(403)
    expect(await holder.status('GET', '/logistics-objects/nothing/audit-trail')).toBe(404)
  })

  test('is filtered by status, in all of its names, and by time', async () => {
    const iri = await sharedPiece()
    const [rejected, pending] = [await ask(carrier, iri, 'tulips'), await ask(carrier, iri, 'lilies')]
    await decided(rejected, 'REJECTED')
    const ids = async (query: string) => (await trailOf(iri, carrier, query)).map((each) => each['@id'])
    for (const name of ['PENDING', 'REQUEST_PENDING', encodeURIComponent(`${API}REQUEST_PENDING`)]) expect(await ids(`?status=${name}`)).toEqual([pending])
    expect(await ids('?status=REQUEST_ACCEPTED')).toEqual([])
    const time = (shift: number) => `${new Date(Date.now() + shift).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
    expect([await ids(`?updated-from=${time(-3_600_000)}&updated-to=${time(3_600_000)}`), await ids(`?updated-to=${time(-3_600_000)}`), await ids(`?updated-from=${time(3_600_000)}`)]).toEqual([[rejected, pending], [], []])
    expect([await carrier.status('GET', `${iri}/audit-trail?updated-from=yesterday`), await carrier.status('GET', `${iri}/audit-trail?status=DONE`)]).toEqual([400, 400])
  })

  test('comes in bounded parts, each with a link to the next', async () => {
    const iri = await sharedPiece()
    const large = 'x'.repeat(900_000)
    const made: string[] = []
    for (let index = 0; index < 6; index += 1) {
      made.push(await ask(carrier, iri, `${index}${large}`))
      await carrier.must(204, 'DELETE', made[index] ?? '')
    }
    const seen: unknown[] = []
    let parts = 0
    for (let path: string | undefined = `${iri}/audit-trail?status=REQUEST_REVOKED`; path !== undefined; parts += 1) {
      const answer: Response = await carrier.must(200, 'GET', path)
      seen.push(...(await answer.json() as { 'api:hasActionRequest': readonly Json[] })['api:hasActionRequest'].map((each) => each['@id']))
      path = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
    }
    expect([seen, parts]).toEqual([made, 2])
  })
})

describe('those concerned are told', () => {
  const owedTo = async ({ uri }: TestAgent): Promise<readonly string[]> => {
    const { items } = await holder.json<{ readonly items: readonly { readonly agent: string; readonly eventType: string }[] }>('/holder/outbox?limit=200')
    return items.filter(({ agent, eventType }) => agent === uri && eventType.startsWith('CHANGE_REQUEST_')).map(({ eventType }) => eventType.slice('CHANGE_REQUEST_'.length))
  }
  const asking = (iri: string, text: string) => changeBody(iri, 1, describeAs(iri, text), { 'api:notifyRequestStatusChange': true })

  test('of each status, who asked to be, also when another was accepted', async () => {
    const listener = await newAgent(server, holder, 'listener')
    const iri = await sharedPiece()
    await grant(holder, listener, [iri], [CHANGE])
    await listener.must(201, 'PATCH', iri, asking(iri, 'tulips'))
    const silent = await ask(forwarder, iri, 'lilies')
    await decided(silent, 'ACCEPTED')
    expect([await owedTo(listener), await owedTo(forwarder)]).toEqual([['REJECTED'], []])
  })

  test('of what came of it, who was told that it was accepted', async () => {
    const listener = await newAgent(server, holder, 'second-listener')
    const iri = await sharedPiece()
    await grant(holder, listener, [iri], [CHANGE])
    await listener.must(201, 'PATCH', iri, { ...asking(iri, 'tulips'), 'api:hasRevision': 5 })
    expect(await owedTo(listener)).toEqual(['ACCEPTED', 'FAILED'])
  })
})

test('the holder lists requests, the newest first, of a status, a type and a requestor', async () => {
  const agent = await newAgent(server, holder, 'lister')
  const iri = await sharedPiece()
  await grant(holder, agent, [iri], [READ, CHANGE])
  const [first, second, third] = [await ask(agent, iri, 'tulips'), await verify(agent, iri), await ask(agent, iri, 'lilies')]
  await decided(third, 'REJECTED')
  const own = `/holder/action-requests?requested-by=${encodeURIComponent(agent.uri)}`
  const urls = async (query: string) => (await holder.json<{ items: readonly { url: string }[] }>(own + query)).items.map(({ url }) => url)
  expect([await urls(''), await urls('&status=PENDING'), await urls('&type=VerificationRequest'), await urls('&status=ACCEPTED')]).toEqual([[third, second, first], [second, first], [second], []])
  const page = await holder.json<{ items: readonly { url: string }[]; next: string }>(`${own}&limit=2`)
  expect([page.items.map(({ url }) => url), (await holder.json<{ items: readonly { url: string }[]; next: null }>(page.next))]).toMatchObject([[third, second], { items: [{ url: first }], next: null }])
  expect(await agent.status('GET', '/holder/action-requests')).toBe(403)
})

test('a client of 2.2.0 is answered in its terms', async () => {
  const request = await ask(carrier, await sharedPiece(), 'tulips', 9)
  const read = async (version: string): Promise<Json> => (await carrier.send('GET', request, undefined, { accept: `application/ld+json; version=${version}` })).json() as Promise<Json>
  const [before, now] = [await read('2.2.0'), await read('2.3.0')]
  expect(Object.keys(now).filter((name) => !(name in before))).toEqual(['api:hasRequestStatusSince', 'api:hasRequestStatusHistory'])
  expect([before['api:hasError'], now['api:hasError']]).toEqual([[expect.not.objectContaining({ 'api:hasSeverity': expect.anything() as unknown })], [expect.objectContaining({ 'api:hasSeverity': { '@id': 'api:ERROR' } })]])
})

test('so many changes of one object may wait, and no more', async () => {
  const iri = await sharedPiece()
  const asked = await Promise.all(Array.from({ length: 250 }, (_, index) => ask(carrier, iri, `tulips ${index}`)))
  expect(await forwarder.status('PATCH', iri, changeBody(iri, 1, describeAs(iri, 'lilies')))).toBe(422)
  expect(await decided(asked[100] ?? '', 'ACCEPTED')).toBe(204)
  const trail = await trailOf(iri)
  expect([trail.filter((each) => (each['api:hasRequestStatus'] as Json)['@id'] === 'api:REQUEST_REJECTED').length, await revisionOf(iri)]).toEqual([249, '2'])
})
