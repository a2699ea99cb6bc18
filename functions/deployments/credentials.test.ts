import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../events/errors.ts'
import { history, playground, told } from '../testing/playground.ts'

const KEY = { 'idempotency-key': 'once' }

describe('the secret of a deployment', () => {
  test('is in the answer that made it, the same for a retry, and in nothing else', async () => {
    const { api, platform } = playground()
    const { json } = await api('POST', '/', { name: 'demo' }, KEY)
    expect(json.clientSecret).toMatch(/^[\w-]{43}$/)
    expect((await api('POST', '/', { name: 'demo' }, KEY)).json).toEqual(json)
    expect((await api('GET', `/${json.id}`)).json).toEqual({ ...json, clientSecret: undefined })
    expect(JSON.stringify(await history(platform))).not.toContain(json.clientSecret)
  })

  test('that nobody derives makes no deployment', async () => {
    const { api, platform } = playground()
    vi.spyOn(platform.clients, 'secret').mockRejectedValueOnce(failure('CREDENTIALS_UNAVAILABLE', { reason: 'nobody answers' }))
    const { status, json } = await api('POST', '/', { name: 'demo' })
    expect([status, json.code, await told(platform)]).toEqual([503, 'CREDENTIALS_UNAVAILABLE', []])
  })
})

describe('rotating credentials', () => {
  test('gives another secret, again for a retry, and a new slot that knows it', async () => {
    const world = playground()
    const { json: made } = await world.api('POST', '/', { name: 'demo' })
    await world.run()
    const claim = vi.spyOn(world.platform.agents, 'claim')
    const rotated = await world.api('POST', `/${made.id}/credentials/rotate`, undefined, KEY)
    expect([rotated.status, rotated.json.clientId]).toEqual([202, made.clientId])
    expect(rotated.json.clientSecret).not.toBe(made.clientSecret)
    await world.run()
    expect(claim).toHaveBeenCalledExactlyOnceWith('node-1', expect.objectContaining({ generation: 2 }))
    expect(world.platform.agents.held()).toHaveLength(1)
    expect(await world.status(made.id)).toBe('running')
    await world.api('POST', `/${made.id}/credentials/rotate`)
    expect((await world.api('POST', `/${made.id}/credentials/rotate`, undefined, KEY)).json.clientSecret).toBe(rotated.json.clientSecret)
  })
})

describe('settings that a slot has from its claim', () => {
  test.each(['running', 'paused'])('reach one that is %s by a new slot', async (status) => {
    const world = playground()
    const id = await world.request('demo')
    await world.run()
    if (status === 'paused') await world.api('POST', `/${id}/pause`)
    await world.run()
    const claim = vi.spyOn(world.platform.agents, 'claim')
    await world.api('PATCH', `/${id}/settings`, { open: true })
    await world.run()
    expect(claim).toHaveBeenCalledExactlyOnceWith('node-1', expect.objectContaining({ settings: expect.objectContaining({ open: true }) }))
    expect([world.platform.agents.held().length, await world.status(id)]).toEqual([1, 'running'])
  })

  test('wait for the next visitor of one that hibernates', async () => {
    const world = playground()
    const id = await world.request('demo')
    await world.run()
    await world.api('POST', `/${id}/hibernate`)
    await world.run()
    await world.api('PATCH', `/${id}/settings`, { open: true })
    await world.run()
    expect([world.platform.agents.held(), await world.status(id)]).toEqual([[], 'hibernated'])
    const claim = vi.spyOn(world.platform.agents, 'claim')
    await world.hit(id)
    await world.run()
    expect(claim).toHaveBeenCalledExactlyOnceWith('node-1', expect.objectContaining({ settings: expect.objectContaining({ open: true }) }))
  })
})

describe('a trust list', () => {
  const trust = (issuer: string, more = {}) => ({ settings: { trust: [{ issuer, ...more }] } })
  test('may name issuers by https, and deployments of this playground', async () => {
    const { api } = playground()
    const { status, json } = await api('POST', '/', trust('https://idp.example.org', { agents: ['https://a.example/me'] }))
    expect([status, json.settings['trust']]).toEqual([202, [{ issuer: 'https://idp.example.org', jwksUri: null, agents: ['https://a.example/me'] }]])
    expect((await api('POST', '/', trust('http://other.play.localhost:8080'))).status).toBe(202)
  })
  test.each([
    ['an open line', trust('http://idp.example.org'), 'settings.trust.0.issuer'],
    ['keys over an open line', trust('https://idp.example.org', { jwksUri: 'http://idp.example.org/keys' }), 'settings.trust.0.jwksUri'],
    ['a user', trust('https://user:word@idp.example.org'), 'settings.trust.0.issuer'], ['no URL', trust('idp'), 'settings.trust.0.issuer'],
    ['the same twice', { settings: { trust: [{ issuer: 'https://a.example' }, { issuer: 'https://a.example' }] } }, 'settings.trust'],
    ['eleven', { settings: { trust: Array.from({ length: 11 }, (_, n) => ({ issuer: `https://a${n}.example` })) } }, 'settings.trust'],
  ])('with %s is refused', async (_, body, field) => {
    const { api, platform } = playground()
    const { status, json } = await api('POST', '/', body)
    expect([status, json.code, json.field, await told(platform)]).toEqual([400, 'INVALID_FIELD', field, []])
  })
})
