import { describe, expect, test } from 'vitest'
import { playground } from '../testing/playground.ts'

describe('GET /deployments/:id', () => {
  test('a writer reads its own write', async () => {
    const { api, request } = playground()
    const id = await request()
    const asked = await api('POST', `/${id}/stop`)
    const { status, headers, json } = await api('GET', `/${id}`)
    expect([status, headers['etag'], headers['cache-control'], json]).toEqual([200, asked.headers['etag'], 'no-store', asked.json])
  })

  test('shows the claim that serves it', async () => {
    const { api, request, run } = playground()
    const id = await request()
    await run()
    expect((await api('GET', `/${id}`)).json).toMatchObject({ status: 'running', claim: { id: `${id}-1`, node: 'node-1', wakes: 0 } })
  })

  test('is there for HEAD, without fields in the query', async () => {
    const { api, request } = playground()
    const id = await request()
    expect((await api('HEAD', `/${id}`)).status).toBe(200)
    expect((await api('GET', `/${id}?verbose=1`)).json).toMatchObject({ code: 'UNKNOWN_FIELD', field: 'verbose' })
  })

  test('is never "not modified" when it has fallen asleep since', async () => {
    const { api, request, pass } = playground()
    const id = await request()
    await pass(0)
    const { headers } = await api('GET', `/${id}`)
    await pass(60_000)
    const { status, json } = await api('GET', `/${id}`, undefined, { 'if-none-match': headers['etag'] ?? '' })
    expect([status, json.status]).toEqual([200, 'paused'])
  })
})

test.each(['', '/history', '/activity'])('GET /deployments/nobody%s: there is none', async (path) => {
  const { status, json } = await playground().api('GET', `/nobody${path}`)
  expect([status, json.code]).toEqual([404, 'DEPLOYMENT_NOT_FOUND'])
})

describe('lists', () => {
  test.each(['', '?status=running&wanted=stopped&owner=operator&search=demo&limit=200', '?limit=1'])('/%s is a page', async (query) => {
    const { status, json } = await playground().api('GET', `/${query}`)
    expect([status, json]).toEqual([200, { items: [], next: null }])
  })

  test.each([
    ['?status=asleep', 'INVALID_FIELD', 'status'], ['?wanted=paused', 'INVALID_FIELD', 'wanted'], ['?limit=0', 'INVALID_FIELD', 'limit'], ['?limit=201', 'INVALID_FIELD', 'limit'],
    ['?limit=many', 'INVALID_FIELD', 'limit'], ['?limit=1.5', 'INVALID_FIELD', 'limit'], ['?cursor=garbage', 'INVALID_FIELD', 'cursor'], ['?page=2', 'UNKNOWN_FIELD', 'page'],
  ])('/%s is refused', async (query, code, field) => {
    const { status, json } = await playground().api('GET', `/${query}`)
    expect([status, json.code, json.field]).toEqual([400, code, field])
  })

  test.each([['history?limit=0', 'INVALID_FIELD', 'limit'], ['history?cursor=garbage', 'INVALID_FIELD', 'cursor'], ['history?type=x', 'UNKNOWN_FIELD', 'type'], ['activity?days=1', 'UNKNOWN_FIELD', 'days']])(
    '/:id/%s is refused', async (path, code, field) => {
      const { api, request } = playground()
      const { status, json } = await api('GET', `/${await request()}/${path}`)
      expect([status, json.code, json.field]).toEqual([400, code, field])
    },
  )
})
