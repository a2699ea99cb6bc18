import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { OWNER, serveClosed } from '../access/testing/closed.ts'
import { change, event, piece } from '../openapi/examples.ts'
import { startStore, type Served } from '../testing/serve.ts'
import { oneRecordClient, type OneRecordClient, type OneRecordClientOptions } from './client.ts'
import { OneRecordError } from './error.ts'
import type { LinkedData } from './operations.ts'
import { sendTo } from './testing.ts'
import { clientCredentials, type Send } from './tokens.ts'

let minio: MinioServer
let served: Served
let send: Send
let holder: OneRecordClient
beforeAll(async () => {
  minio = await startStore()
  served = await serveClosed(minio, { hideForbidden: false })
  send = sendTo(served)
  holder = clientOf({ clientId: OWNER.id, clientSecret: OWNER.secret })
})
afterAll(async () => {
  await served.stop()
  await minio.stop()
})

const clientOf = (login: { readonly clientId: string; readonly clientSecret: string }, options: Partial<OneRecordClientOptions> = {}): OneRecordClient =>
  oneRecordClient({ server: served.base, tokens: clientCredentials({ ...login, tokenEndpoint: `${served.base}/oauth2/token`, send }), send, ...options })
const partner = 'https://1r.carrier.test/logistics-objects/_data-holder'
const scene = (object: string) => ({ base: served.base, object, partner })
const bodyOf = (example: (at: ReturnType<typeof scene>) => unknown, object = ''): LinkedData => example(scene(object)) as LinkedData
const create = async (): Promise<string> => (await holder.call('POST /logistics-objects', { body: bodyOf(piece) })).headers['location'] ?? ''
const failure = async (asked: Promise<unknown>): Promise<unknown> => asked.then(() => null, (error: unknown) => error)

describe('a call', () => {
  test('asks and gets what the table declares, with a token fetched once', async () => {
    let tokens = 0
    const counting: Send = (url, sent) => {
      if (url.endsWith('/oauth2/token')) tokens += 1
      return send(url, sent)
    }
    const client = oneRecordClient({ server: served.base, tokens: clientCredentials({ clientId: OWNER.id, clientSecret: OWNER.secret, tokenEndpoint: `${served.base}/oauth2/token`, send: counting }), send: counting })
    const made = await client.call('POST /logistics-objects', { body: bodyOf(piece) })
    expectTypeOf(made.status).toEqualTypeOf<201>()
    const at = made.headers['location'] ?? ''
    await client.call('PATCH /logistics-objects/{id}', { at, body: bodyOf(change, at) })
    await client.call('POST /logistics-objects/{id}/logistics-events', { params: { id: at.slice(at.lastIndexOf('/') + 1) }, body: bodyOf(event, at) })
    const [now, before, events, found] = await Promise.all([
      client.call('GET /logistics-objects/{id}', { at }), client.call('GET /logistics-objects/{id}', { at, query: { revision: 1 } }),
      client.call('GET /logistics-objects/{id}/logistics-events', { at: `${at}/logistics-events`, query: { 'event-code': 'DEP', limit: 1 } }),
      client.call('GET /holder/objects', { query: { type: 'Piece' } }),
    ])
    expect([now.body['cargo:goodsDescription'], before.body['cargo:goodsDescription'], events.body['api:hasTotalItems']]).toEqual(['old books', 'books', 1])
    expect(now.headers).toMatchObject({ revision: '2', 'content-type': 'application/ld+json; version=2.3.0' })
    expectTypeOf(found.body.items[0]?.revision).toEqualTypeOf<number | undefined>()
    expect(found.body.items).toContainEqual(expect.objectContaining({ url: at, revision: 2 }))
    expect(tokens).toBe(1)
  })

  test('speaks the version that it is told to', async () => {
    const older = clientOf({ clientId: OWNER.id, clientSecret: OWNER.secret }, { version: '2.2.0' })
    const { headers } = await older.call('GET /')
    expect(headers['content-type']).toBe('application/ld+json; version=2.2.0')
  })

  test('carries bytes', async () => {
    const at = `${await create()}/documents/waybill.json`
    const { status } = await holder.call('PUT /logistics-objects/{id}/documents/{name}', { at, body: new TextEncoder().encode('{"pieces":3}'), type: 'application/json' })
    expectTypeOf(status).toEqualTypeOf<201 | 204>()
    const whole = await holder.call('GET /logistics-objects/{id}/documents/{name}', { at })
    const part = await holder.call('GET /logistics-objects/{id}/documents/{name}', { at, headers: { Range: 'bytes=1-8' } })
    expect([new TextDecoder().decode(whole.body), part.status, new TextDecoder().decode(part.body)]).toEqual(['{"pieces":3}', 206, '"pieces"'])
  })

  test('follows the pages of a list', async () => {
    await Promise.all([create(), create(), create()])
    const seen: string[] = []
    for (let page = await holder.call('GET /holder/objects', { query: { limit: 2 } }); ; page = await holder.call('GET /holder/objects', { at: page.body.next })) {
      seen.push(...page.body.items.map(({ id }) => id))
      if (page.body.next === null) break
    }
    expect(new Set(seen).size).toBe(served.application.report().usage.objects)
  })

  test('does not compile with what the server does not take', () => {
    const never = () => [
      // @ts-expect-error no such route
      holder.call('DELETE /logistics-objects/{id}', { params: { id: 'x' } }),
      // @ts-expect-error the id is missing
      holder.call('GET /logistics-objects/{id}'),
      // @ts-expect-error a revision is a number
      holder.call('GET /logistics-objects/{id}', { params: { id: 'x' }, query: { revision: 'first' } }),
      // @ts-expect-error a decision needs a status
      holder.call('PATCH /action-requests/{id}', { params: { id: 'x' } }),
      // @ts-expect-error no such permission
      holder.call('POST /holder/grants', { body: { objects: ['x'], permissions: ['READ'] } }),
      // @ts-expect-error bytes have a type
      holder.call('PUT /logistics-objects/{id}/documents/{name}', { params: { id: 'x', name: 'y' }, body: 'text' }),
    ]
    expect(never).toBeTypeOf('function')
  })

  test.each(['https://elsewhere.test/logistics-objects/1', 'http://demo.play.test/action-requests/1', 'http://demo.play.test/logistics-objects/1/audit-trail', 'http://demo.play.test.evil.test/logistics-objects/1', 'http://a:b@demo.play.test/logistics-objects/1', 'http://demo.play.test/logistics-objects/..'])(
    'takes no token to %s', async (at) => expect(holder.call('GET /logistics-objects/{id}', { at })).rejects.toThrow(TypeError))
  test.each(['', '.', '..'])('has no "%s" in a path', async (id) => expect(holder.call('GET /logistics-objects/{id}', { params: { id } })).rejects.toThrow(TypeError))
  test('escapes what is in the path', async () => {
    expect(await failure(holder.call('GET /logistics-objects/{id}', { params: { id: 'a/../b?c' } }))).toMatchObject({ status: 404, resource: `${served.base}/logistics-objects/a/../b?c` })
  })
})

describe('a refusal', () => {
  test('says title, code, property and resource', async () => {
    const at = await create()
    const error = await failure(holder.call('PATCH /logistics-objects/{id}', { at, body: { ...bodyOf(change, at), 'api:hasLogisticsObject': { '@id': `${served.base}/logistics-objects/another` } } }))
    expect(error).toBeInstanceOf(OneRecordError)
    expect(error).toMatchObject({ status: 400, title: 'Invalid body request', code: '400', property: 'https://onerecord.iata.org/ns/api#hasLogisticsObject', message: expect.stringContaining(`PATCH ${at}: 400 Invalid body request: `) as unknown })
    expect(await failure(holder.call('GET /logistics-objects/{id}', { params: { id: 'none' } }))).toMatchObject({ status: 404, title: 'Resource not found', resource: `${served.base}/logistics-objects/none` })
  })

  test('is read however it is written', async () => {
    const at = { params: { id: 'none' } }
    const forms = await Promise.all(['expanded', 'compacted'].map((form) => failure(holder.call('GET /logistics-objects/{id}', { ...at, headers: { Accept: `application/ld+json; profile="http://www.w3.org/ns/json-ld#${form}"` } }))))
    expect(forms.map((error) => error instanceof OneRecordError && [error.title, error.code])).toEqual([['Resource not found', '404'], ['Resource not found', '404']])
  })

  test('of a token says what the token endpoint says, and the secret is nowhere', async () => {
    const error = await failure(clientOf({ clientId: OWNER.id, clientSecret: 'not the secret' }).call('GET /'))
    expect(error).toMatchObject({ status: 401, title: null, code: 'invalid_client' })
    expect(String(error) + JSON.stringify(error)).not.toContain('not the secret')
  })

  test('of whoever has no token', async () => {
    expect(await failure(oneRecordClient({ server: served.base, send }).call('GET /'))).toMatchObject({ status: 401, title: 'Not authenticated or expired token' })
  })
})

test('whose client is deleted is asked for a token once more, and hears why there is none', async () => {
  const client = await holder.call('POST /holder/clients', { body: { name: 'carrier', agent: partner } })
  const { id, secret } = client.body
  const asked: string[] = []
  const watching: Send = (url, sent) => {
    asked.push(url.slice(served.base.length))
    return send(url, sent)
  }
  const carrier = clientOf({ clientId: id, clientSecret: secret }, { send: watching })
  await carrier.call('GET /')
  await holder.call('DELETE /holder/clients/{id}', { params: { id } })
  expect(await failure(carrier.call('GET /'))).toMatchObject({ status: 401, code: 'invalid_client' })
  expect(asked).toEqual(['/', '/'])
})

test('a token that ran out is fetched anew', async () => {
  const tokens = clientCredentials({ clientId: OWNER.id, clientSecret: OWNER.secret, tokenEndpoint: `${served.base}/oauth2/token`, send })
  const spoiled = ['a token of before']
  const client = oneRecordClient({ server: served.base, send, tokens: { ...tokens, token: async () => spoiled.pop() ?? tokens.token() } })
  expect((await client.call('GET /')).status).toBe(200)
})

describe('when nobody answers', () => {
  const broken = (times: number): { readonly send: Send; readonly asked: string[] } => {
    const asked: string[] = []
    return { asked, send: (url, sent) => (asked.push(sent.method), asked.length <= times ? Promise.reject(new TypeError('socket hang up')) : send(url, sent)) }
  }
  test('what may be sent twice is', async () => {
    const { send: once, asked } = broken(2)
    await clientOf({ clientId: OWNER.id, clientSecret: OWNER.secret }, { send: once, patience: { firstWaitMs: 1 } }).call('GET /')
    expect(asked).toEqual(['GET', 'GET', 'GET'])
  })
  test('an object is not made twice', async () => {
    const { send: once, asked } = broken(1)
    await expect(clientOf({ clientId: OWNER.id, clientSecret: OWNER.secret }, { send: once }).call('POST /logistics-objects', { body: bodyOf(piece) })).rejects.toThrow('socket hang up')
    expect(asked).toEqual(['POST'])
  })
})
