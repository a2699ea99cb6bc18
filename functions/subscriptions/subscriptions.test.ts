import { describe, expect, test } from 'vitest'
import { subscriptionsOf } from '../../infra/aggregates/subscriptions.ts'
import { testPlatform } from '../../infra/platform/testing.ts'
import { callerOf } from '../testing/api.ts'
import { subscriptionsApi } from './handler.ts'

type Answered = {
  readonly id: string; readonly secret?: string; readonly status: string; readonly pauseReason: string | null; readonly topics: readonly string[]; readonly types: readonly string[] | null
  readonly revision: number; readonly url: string; readonly previousSecretUntil: string | null; readonly code: string; readonly field: string; readonly detail: string
}

const URL = 'https://warehouse.example.org/hook'
const wanted = { url: URL, topics: ['events.deployment.*'] }

const withApi = () => {
  const platform = testPlatform()
  const api = callerOf<Answered>(subscriptionsApi(async () => platform))
  return {
    platform, api,
    made: async () => (await api('POST', '/', wanted)).json.id,
    told: async (id: string) => (await subscriptionsOf(platform.store).load(id)).events.map(({ type }) => type),
  }
}

describe('POST /', () => {
  test('answers with the subscription, where it is, and its secret', async () => {
    const { api, platform } = withApi()
    const { status, headers, json } = await api('POST', '/', wanted)
    expect([status, headers['location'], headers['etag']]).toEqual([201, `/api/subscriptions/${json.id}`, '"0"'])
    expect(json).toEqual({
      id: json.id, owner: 'operator', ...wanted, types: null, description: null, from: 'now', status: 'active', pauseReason: null, secretVersion: 1, previousSecretUntil: null,
      createdAt: '2026-01-01T00:00:00.000Z', changedAt: '2026-01-01T00:00:00.000Z', revision: 0, secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) as unknown,
    })
    for await (const event of platform.store.readAll()) expect(JSON.stringify(event)).not.toContain(json.secret)
  })

  test('once for an Idempotency-Key: the same subscription, the same answer; with another body it is refused', async () => {
    const { api, told } = withApi()
    const key = { 'idempotency-key': 'k1' }
    const first = await api('POST', '/', wanted, key)
    expect((await api('POST', '/', wanted, key)).json).toEqual(first.json)
    expect(await told(first.json.id)).toEqual(['SubscriptionCreated'])
    expect(await api('POST', '/', { ...wanted, from: 'start' }, key)).toMatchObject({ status: 422, json: { code: 'IDEMPOTENCY_KEY_REUSED' } })
  })

  test.each<[string, object, string, string | RegExp]>([
    ['an address of loopback', { url: 'http://2130706433/' }, 'url', 'url: 127.0.0.1 is not a public address (loopback).'],
    ['the metadata service', { url: 'http://169.254.169.254/latest' }, 'url', /link-local/],
    ['our own host', { url: 'http://demo.play.localhost/' }, 'url', /not a public name/],
    ['no web address', { url: 'ftp://example.org/' }, 'url', /neither http nor https/],
    ['credentials in the address', { url: 'https://user:secret@example.org/' }, 'url', 'url: has credentials in it.'],
    ['no address', { url: 7 }, 'url', /expected string/],
    ['hits', { topics: ['hits.*'] }, 'topics.0', /not one of events/],
    ['timers', { topics: ['events.>', 'timers.>'] }, 'topics.1', /not one of events/],
    ['everything', { topics: ['>'] }, 'topics.0', /in no stream/],
    ['a wildcard inside', { topics: ['events.>.d1'] }, 'topics.0', /before its end/],
    ['two topics in one', { topics: ['events.a.*,hits.*'] }, 'topics.0', /an entry of its own/],
    ['no topic', { topics: [] }, 'topics', /./],
    ['a type nobody publishes', { types: ['Nothing'] }, 'types.0', 'types.0: Nothing is not a type of event here.'],
    ['a message that is no event', { types: ['ProxyHit'] }, 'types.0', /not a type of event/],
    ['a place to begin that is none', { from: 'yesterday' }, 'from', /./],
    ['a field nobody knows', { secret: 'mine' }, 'secret', /not a field here/],
  ])('%s is refused, naming the field', async (_, fields, field, detail) => {
    const { status, json } = await withApi().api('POST', '/', { ...wanted, ...fields })
    expect([status, json.field]).toEqual([400, field])
    expect(json.detail).toMatch(detail)
    expect(json.detail).not.toContain('user:secret')
  })
})

describe('a subscription', () => {
  test('is shown with how its deliveries go, without its secret', async () => {
    const { api, made } = withApi()
    const { status, json } = await api('GET', `/${await made()}`)
    expect([status, json.secret]).toEqual([200, undefined])
    expect(json).toMatchObject({ ...wanted, deliveries: { lag: null, parked: 0, lastSuccessAt: null, lastFailure: null, failingSince: null } })
  })

  test('is changed, paused, resumed and deleted; said twice, done once', async () => {
    const { api, made, told } = withApi()
    const id = await made()
    expect((await api('PATCH', `/${id}`, { types: ['InstancePaused'], description: 'stock' })).json).toMatchObject({ url: URL, types: ['InstancePaused'], description: 'stock' })
    expect((await api('PATCH', `/${id}`, { types: null })).json).toMatchObject({ types: null, description: 'stock' })
    for (const [path, status] of [['pause', 'paused'], ['pause', 'paused'], ['resume', 'active'], ['resume', 'active']] as const) {
      expect(await api('POST', `/${id}/${path}`)).toMatchObject({ status: 202, json: { status } })
    }
    expect(await api('DELETE', `/${id}`)).toMatchObject({ status: 202, json: { status: 'deleted' } })
    expect(await api('DELETE', `/${id}`)).toMatchObject({ status: 202 })
    expect(await told(id)).toEqual(['SubscriptionCreated', 'SubscriptionChanged', 'SubscriptionChanged', 'SubscriptionPaused', 'SubscriptionResumed', 'SubscriptionDeleted'])
    expect(await api('POST', `/${id}/resume`)).toMatchObject({ status: 410, json: { code: 'SUBSCRIPTION_DELETED' } })
    expect(await api('POST', `/${id}/ping`)).toMatchObject({ status: 410 })
  })

  test('gets a new secret; a retry of that gets the same', async () => {
    const { api, made, told } = withApi()
    const id = await made()
    const before = (await api('POST', '/', wanted)).json.secret
    const first = await api('POST', `/${id}/rotate-secret`, undefined, { 'idempotency-key': 'k' })
    expect(first.json).toMatchObject({ secretVersion: 2, previousSecretUntil: '2026-01-02T00:00:00.000Z', secret: expect.stringMatching(/^whsec_/) as unknown })
    expect(first.json.secret).not.toBe(before)
    expect((await api('POST', `/${id}/rotate-secret`, undefined, { 'idempotency-key': 'k' })).json).toEqual(first.json)
    expect(await told(id)).toEqual(['SubscriptionCreated', 'SubscriptionChanged'])
  })

  test('is changed only at the revision that If-Match names', async () => {
    const { api, made } = withApi()
    const id = await made()
    expect(await api('POST', `/${id}/pause`, undefined, { 'if-match': '"7"' })).toMatchObject({ status: 412, json: { code: 'STALE_REVISION' } })
    expect(await api('POST', `/${id}/pause`, undefined, { 'if-match': '"0"' })).toMatchObject({ status: 202, headers: { etag: '"1"' } })
  })

  test('is not moved to an address that may not be called', async () => {
    const { api, made, told } = withApi()
    const id = await made()
    expect(await api('PATCH', `/${id}`, { url: 'http://10.0.0.1/' })).toMatchObject({ status: 400, json: { code: 'INVALID_FIELD', field: 'url' } })
    expect(await api('PATCH', `/${id}`, {})).toMatchObject({ status: 400 })
    expect(await told(id)).toEqual(['SubscriptionCreated'])
  })

  test('is pinged: what came back is told, and no more', async () => {
    const { api, made, platform } = withApi()
    const id = await made()
    expect((await api('POST', `/${id}/ping`)).json).toEqual({ delivered: true, outcome: 'answered 204', status: 204, ms: 12 })
    expect(platform.subscribers.sent).toMatchObject([{ subscription: { url: URL }, head: { type: 'Ping', subject: `events.subscription.${id}` }, body: { subscriptionId: id } }])
    platform.subscribers.outcome = { kind: 'unreachable', reason: 'connect ECONNREFUSED 93.184.216.34:443' }
    expect((await api('POST', `/${id}/ping`)).json).toEqual({ delivered: false, outcome: 'not reachable: connect ECONNREFUSED 93.184.216.34:443', status: null, ms: null })
  })

  test.each([['GET', '/nobody'], ['DELETE', '/nobody'], ['POST', '/nobody/ping'], ['GET', '/*'], ['POST', '/%3E/pause']])('that is none is not found: %s %s', async (method, path) => {
    expect(await withApi().api(method, path)).toMatchObject({ status: 404, json: { code: 'SUBSCRIPTION_NOT_FOUND' } })
  })

  test('needs the operator', async () => {
    expect(await withApi().api('GET', '/', undefined, { authorization: 'Bearer other' })).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } })
  })
})
