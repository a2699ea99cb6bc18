import { describe, expect, test, vi } from 'vitest'
import { DEFAULT_SETTINGS } from '../../events/deployment/settings.ts'
import { failure } from '../../events/errors.ts'
import { playground, told } from '../testing/playground.ts'

const BORN = ['DeploymentRequested', 'ClaimRequested', 'NameReserved']

describe('POST /deployments', () => {
  test('answers at once with the deployment, where it is and its entity tag', async () => {
    const { platform, api } = playground()
    const { status, headers, json } = await api('POST', '/', { name: 'demo', settings: { pauseAfterSeconds: 5 } })
    expect([status, headers['location'], headers['etag']]).toEqual([202, `/api/deployments/${json.id}`, '"1"'])
    expect(json).toEqual({
      id: json.id, name: 'demo', url: 'http://demo.play.localhost:8080', owner: 'operator', status: 'starting', wanted: 'running', plan: 'small',
      settings: { ...DEFAULT_SETTINGS, pauseAfterSeconds: 5 }, clientId: json.id, clientSecret: json.clientSecret, tokenUrl: 'http://demo.play.localhost:8080/oauth2/token', claim: null, reason: null,
      requestedAt: '2026-01-01T00:00:00.000Z', changedAt: '2026-01-01T00:00:00.000Z', revision: 1,
    })
    expect(await told(platform)).toEqual(BORN)
  })

  test('edges know its address before the answer', async () => {
    const { platform, api } = playground()
    const { json: { id } } = await api('POST', '/', { name: 'demo' })
    expect([platform.edges.learned, await platform.routes.get(id)]).toMatchObject([[{ deploymentId: id, state: 'asleep' }], { name: 'demo', state: 'asleep' }])
  })

  test.each(['routes', 'edges', 'both'])('when %s cannot be told at once, it is made all the same, and the projection of routes tells them', async (who) => {
    const { platform, api } = playground()
    const warned = vi.spyOn(platform.log, 'warn')
    if (who !== 'edges') vi.spyOn(platform.routes, 'put').mockRejectedValueOnce(failure('STORE_UNAVAILABLE', { reason: 'no bucket' }))
    if (who !== 'routes') vi.spyOn(platform.edges, 'learn').mockRejectedValueOnce(failure('EDGE_UNAVAILABLE', { reason: 'no answer' }))
    const { status, json: { id } } = await api('POST', '/', { name: 'demo' })
    expect([status, await told(platform), platform.edges.learned.length]).toEqual([202, BORN, who === 'routes' ? 1 : 0])
    expect(warned).toHaveBeenCalledExactlyOnceWith({ deploymentId: id, reasons: expect.arrayContaining([expect.stringMatching(who === 'edges' ? /no answer/ : /no bucket/)]) }, expect.any(String))
  })

  test.each([['nothing', undefined], ['an empty object', {}]])('%s is enough: it gets a name', async (_, body) => {
    const { status, json } = await playground().api('POST', '/', body)
    expect([status, json.name]).toEqual([202, expect.stringMatching(/^[a-z]+-[a-z]+-[a-z2-7]{5}$/)])
  })

  test('settings that nobody names come from the platform', async () => {
    const { json } = await playground({ defaults: { pauseAfterSeconds: 7, hibernateAfterSeconds: 70 } }).api('POST', '/', { settings: { hibernateAfterSeconds: 80 } })
    expect(json.settings).toMatchObject({ pauseAfterSeconds: 7, hibernateAfterSeconds: 80 })
  })

  test.each<[string, string | object, number, string, string | undefined]>([
    ['a reserved name', { name: 'www' }, 409, 'NAME_RESERVED', 'name'],
    ['an empty name', { name: '' }, 400, 'NAME_INVALID', 'name'],
    ['a name with capitals', { name: 'Demo' }, 400, 'NAME_INVALID', 'name'],
    ['a name with a dot', { name: 'a.b' }, 400, 'NAME_INVALID', 'name'],
    ['a name that begins with a hyphen', { name: '-demo' }, 400, 'NAME_INVALID', 'name'],
    ['a name of 64 characters', { name: 'a'.repeat(64) }, 400, 'NAME_INVALID', 'name'],
    ['a name that is a number', { name: 7 }, 400, 'INVALID_FIELD', 'name'],
    ['a name that is null', { name: null }, 400, 'INVALID_FIELD', 'name'],
    ['an unknown field', { name: 'demo', colour: 'red' }, 400, 'UNKNOWN_FIELD', 'colour'],
    ['an unknown setting', { settings: { pauseAfter: 1 } }, 400, 'UNKNOWN_FIELD', 'settings.pauseAfter'],
    ['a setting of the wrong type', { settings: { pauseAfterSeconds: '60' } }, 400, 'INVALID_FIELD', 'settings.pauseAfterSeconds'],
    ['a setting that is no whole number', { settings: { pauseAfterSeconds: 1.5 } }, 400, 'INVALID_FIELD', 'settings.pauseAfterSeconds'],
    ['a setting below its least', { settings: { pauseAfterSeconds: 0 } }, 400, 'INVALID_FIELD', 'settings.pauseAfterSeconds'],
    ['a setting above its most', { settings: { maxBodyBytes: 2 ** 40 } }, 400, 'INVALID_FIELD', 'settings.maxBodyBytes'],
    ['an unknown plan', { plan: 'huge' }, 400, 'INVALID_FIELD', 'plan'],
    ['a list', [], 400, 'INVALID_FIELD', 'body'],
    ['null', 'null', 400, 'INVALID_FIELD', 'body'],
    ['what is no JSON', '{"name":', 400, 'MALFORMED_JSON', undefined],
  ])('%s is refused by name, and nothing happens', async (_, body, status, code, field) => {
    const { platform, api } = playground()
    const reply = await api('POST', '/', body, { 'content-type': 'application/json' })
    expect([reply.status, reply.headers['content-type'], reply.json.code, reply.json.field]).toEqual([status, 'application/problem+json', code, field])
    expect(await told(platform)).toEqual([])
  })

  test('63 characters are a name', async () => {
    expect((await playground().api('POST', '/', { name: 'a'.repeat(63) })).status).toBe(202)
  })

  test.each([['text/plain'], ['application/x-www-form-urlencoded'], ['application/jsonlines']])('a body of type %s is refused', async (type) => {
    const { platform, api } = playground()
    const reply = await api('POST', '/', '{"name":"demo"}', { 'content-type': type })
    expect([reply.status, reply.json.code, await told(platform)]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE', []])
  })

  test('a name that is taken is refused', async () => {
    const { platform, api } = playground()
    await api('POST', '/', { name: 'demo' })
    const reply = await api('POST', '/', { name: 'demo' })
    expect([reply.status, reply.json.code, reply.json.field, await told(platform)]).toEqual([409, 'NAME_TAKEN', 'name', BORN])
  })

  test('of many who want one name at once, one gets it', async () => {
    const { platform, api } = playground()
    const replies = await Promise.all(Array.from({ length: 8 }, () => api('POST', '/', { name: 'demo' })))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, ...Array.from({ length: 7 }, () => 409)])
    expect(await told(platform)).toEqual(BORN)
  })

  test('somebody was first between the look and the step: it looks again', async () => {
    const { platform, api } = playground()
    const { appendAll } = platform.store
    vi.spyOn(platform.store, 'appendAll').mockImplementationOnce(async (writes) => {
      await api('POST', '/', { name: 'demo' })
      return appendAll(writes)
    })
    expect((await api('POST', '/', { name: 'demo' })).json.code).toBe('NAME_TAKEN')
    expect(await told(platform)).toEqual(BORN)
  })
})

describe('POST /deployments with an Idempotency-Key', () => {
  const KEY = { 'idempotency-key': 'k-1' }

  test('the same request is the same deployment', async () => {
    const { platform, api, run } = playground()
    const first = await api('POST', '/', { name: 'demo' }, KEY)
    const again = await Promise.all(Array.from({ length: 4 }, () => api('POST', '/', { name: 'demo' }, KEY)))
    expect(again.map(({ status, json, headers }) => [status, json.id, headers['location']])).toEqual(again.map(() => [202, first.json.id, first.headers['location']]))
    expect(await told(platform)).toEqual(BORN)
    await run()
    expect((await api('POST', '/', { name: 'demo' }, KEY)).json.status).toBe('running')
  })

  test('at once, many times, is one deployment', async () => {
    const { platform, api } = playground()
    const replies = await Promise.all(Array.from({ length: 6 }, () => api('POST', '/', { name: 'demo' }, KEY)))
    expect(new Set(replies.map(({ status, json }) => `${status} ${json.id}`)).size).toBe(1)
    expect(await told(platform)).toEqual(BORN)
  })

  test('with another body it is refused', async () => {
    const { platform, api } = playground()
    await api('POST', '/', { name: 'demo' }, KEY)
    const reply = await api('POST', '/', { name: 'other' }, KEY)
    expect([reply.status, reply.json.code, reply.json.field, await told(platform)]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', 'Idempotency-Key', BORN])
  })

  test('another key is another deployment', async () => {
    const { api } = playground()
    const ids = [await api('POST', '/', {}, KEY), await api('POST', '/', {}, { 'idempotency-key': 'k-2' }), await api('POST', '/', {})].map(({ json }) => json.id)
    expect(new Set(ids).size).toBe(3)
  })

  test.each([['empty', ''], ['with a blank', 'a b'], ['too long', 'k'.repeat(201)], ['not ASCII', 'schlüssel']])('one that is %s is refused', async (_, key) => {
    const { platform, api } = playground()
    const reply = await api('POST', '/', { name: 'demo' }, { 'idempotency-key': key })
    expect([reply.status, reply.json.code, reply.json.field, await told(platform)]).toEqual([400, 'INVALID_FIELD', 'Idempotency-Key', []])
  })
})
