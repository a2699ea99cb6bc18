import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { route, runtime, sendRaw, startSlot, startTestEdge, visit, type TestEdge, type TestSlot } from './testing.ts'

let on: TestEdge
let gateway: TestSlot
let slot: TestSlot

beforeAll(async () => {
  on = await startTestEdge()
  gateway = await startSlot((request, response) => response.end(`gateway ${request.url}`), on.config.GATEWAY_PORT)
  slot = await startSlot((_, response) => response.end('slot'))
  await on.routes.put(route('gone', 1, { state: 'deleted' }))
  await on.routes.put(route('closed', 2, { state: 'stopped', reason: 'moved to <b>"Cargo & Co"</b>; 100% done.' }))
  await on.routes.put(route('broken', 3, { state: 'failed', reason: 'no slot came up' }))
  await on.routes.put(route('live', 4, { address: slot.address }))
  await vi.waitFor(async () => expect(await runtime(on.config, 'get map hosts.map live.play.localhost')).toContain('value='), { interval: 10 })
})
afterAll(async () => {
  await on.stop()
  await Promise.all([gateway.close(), slot.close()])
})

const problem = async (host: string) => {
  const reply = await visit(on.config, host)
  return { ...(JSON.parse(reply.body) as { code: string; detail: string }), status: reply.status, type: reply.headers['content-type'] }
}

describe('what the edge answers by itself', () => {
  it('says that a host is unknown, and nobody is woken', async () => {
    expect(await problem('nobody.play.localhost')).toMatchObject({ status: 404, type: 'application/problem+json', code: 'HOST_UNKNOWN', detail: 'There is no deployment at nobody.play.localhost.' })
    expect(await problem('live.play.localhost.example.org')).toMatchObject({ status: 404, code: 'HOST_UNKNOWN' })
    expect(on.hits).toEqual([])
  })

  it('says what was deleted, stopped or failed, and why', async () => {
    expect(await problem('gone.play.localhost')).toMatchObject({ status: 410, code: 'DEPLOYMENT_DELETED', detail: 'Deployment gone was deleted.' })
    expect(await problem('closed.play.localhost')).toMatchObject({ status: 503, code: 'DEPLOYMENT_STOPPED', detail: 'Deployment closed is stopped: moved to (b)”Cargo + Co”(/b); 100% done.' })
    expect(await problem('broken.play.localhost')).toMatchObject({ status: 503, code: 'DEPLOYMENT_FAILED', detail: 'Deployment broken failed: no slot came up.' })
  })

  it('shows browsers a page, and HEAD no body', async () => {
    const page = await visit(on.config, 'closed.play.localhost', { headers: { accept: 'text/html,*/*' } })
    expect(page).toMatchObject({ status: 503, headers: { 'content-type': 'text/html; charset=utf-8' }, body: expect.stringContaining('Deployment closed is stopped: moved to (b)”Cargo + Co”(/b)') })
    expect(await visit(on.config, 'gone.play.localhost', { method: 'HEAD' })).toMatchObject({ status: 410, body: '' })
  })

  it('gives a name that was taken again to the deployment that holds it now', async () => {
    const before = { ...route('again', 10, { address: slot.address }), deploymentId: 'dbefore', claimId: 'dbefore-1' }
    await on.routes.put(before)
    await vi.waitFor(async () => expect((await visit(on.config, 'again.play.localhost')).body).toBe('slot'), { interval: 10 })
    await on.routes.put({ ...before, state: 'deleted', address: null, sequence: '11' })
    await vi.waitFor(async () => expect((await visit(on.config, 'again.play.localhost')).status).toBe(410), { interval: 10 })
    await on.routes.put(route('again', 12, { address: slot.address }))
    await vi.waitFor(async () => expect((await visit(on.config, 'again.play.localhost')).body).toBe('slot'), { interval: 10 })
    await on.routes.put({ ...before, state: 'deleted', address: null, sequence: '13' })
    await vi.waitFor(async () => expect(await on.routes.get('dbefore')).toMatchObject({ sequence: '13' }))
    expect((await visit(on.config, 'again.play.localhost')).body).toBe('slot')
  })

  it.each([
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['no host, as HTTP/1.0 allows', 'GET / HTTP/1.0\r\n\r\n', 400],
    ['an empty host', 'GET / HTTP/1.1\r\nHost: \r\n\r\n', 400],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: live.play.localhost\r\nHost: gone.play.localhost\r\n\r\n', 400],
    ['two hosts in one', 'GET / HTTP/1.1\r\nHost: live.play.localhost, gone.play.localhost\r\n\r\n', 400],
    ['a host and another in the target', 'GET http://gone.play.localhost/ HTTP/1.1\r\nHost: live.play.localhost\r\n\r\n', 400],
    ['a space', 'GET / HTTP/1.1\r\nHost: live.play .localhost\r\n\r\n', 400],
    ['a slash', 'GET / HTTP/1.1\r\nHost: live.play.localhost/\r\n\r\n', 400],
    ['a user', 'GET / HTTP/1.1\r\nHost: me@live.play.localhost\r\n\r\n', 400],
    ['a percent sign', 'GET / HTTP/1.1\r\nHost: live%2eplay.localhost\r\n\r\n', 400],
    ['the key that says that all hosts are known', 'GET / HTTP/1.1\r\nHost: ready!\r\n\r\n', 400],
    ['two dots', 'GET / HTTP/1.1\r\nHost: live..play.localhost\r\n\r\n', 400],
    ['two dots at the end', 'GET / HTTP/1.1\r\nHost: live.play.localhost..\r\n\r\n', 400],
    ['a port that is none', 'GET / HTTP/1.1\r\nHost: live.play.localhost:80x\r\n\r\n', 400],
    ['a null byte', 'GET / HTTP/1.1\r\nHost: live.play.localhost\0\r\n\r\n', 400],
    ['a request that is both sized and chunked', 'POST / HTTP/1.1\r\nHost: live.play.localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd', 400],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a good one', 'GET / HTTP/1.1\r\nHost: LIVE.play.localhost.:99\r\nConnection: close\r\n\r\n', 200],
  ])('lets no malformed request reach a slot: %s', async (_, text, status) => {
    const before = slot.seen.length
    expect(await sendRaw(on.config, text)).toBe(status)
    expect(slot.seen.length - before).toBe(status === 200 ? 1 : 0)
  })
})

describe('the platform host', () => {
  it('leads to functions, under /api as well', async () => {
    for (const host of ['localhost', 'LOCALHOST:8080', '127.0.0.1']) expect(await visit(on.config, host, { path: '/api/deployments/x?y=1' })).toMatchObject({ status: 200, body: 'gateway /function/deployments/x?y=1' })
    expect(await visit(on.config, 'localhost', { path: '/function/deployments', headers: { 'x-playground-signature': 't=1', 'ce-type': 'X' } })).toMatchObject({ body: 'gateway /function/deployments' })
    expect(gateway.seen.at(-1)?.headers).not.toMatchObject({ 'ce-type': 'X' })
    expect(gateway.seen.at(-1)?.headers).not.toHaveProperty('x-playground-signature')
  })

  it.each(['/system/functions', '/api', '/healthz', '/function', '/apis/x'])('has nothing else: %s', async (path) => {
    expect(await visit(on.config, 'localhost', { path })).toMatchObject({ status: 404 })
  })

  it.each(['/api/docs', '/api/events', '/api/openapi.json', '/api/asyncapi.json', '/problems', '/problems/name-taken'])('hands descriptions to the function that has them: %s', async (path) => {
    expect(await visit(on.config, 'localhost', { path })).toMatchObject({ status: 200, body: `gateway /function/docs${path}` })
    expect((await visit(on.config, 'localhost', { path: `${path}?x=1` })).body).toBe(`gateway /function/docs${path}?x=1`)
  })

  it('hands nothing else to it', async () => {
    for (const path of ['/api/docsx', '/api/openapi-json']) expect((await visit(on.config, 'localhost', { path })).body).toBe(`gateway ${path.replace('/api', '/function')}`)
    expect((await visit(on.config, 'localhost', { path: '/problemsx' })).status).toBe(404)
  })

  it.each(['/api/../system/functions', '/function/./x', '/function/%2e%2e/system/functions', '/api/x/..%2fsystem', '/function/..\\system', '/api/.%2E'])('takes no path with dots for segments: %s', async (path) => {
    expect(await sendRaw(on.config, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toBe(400)
  })

  it('has a front page', async () => {
    expect(await visit(on.config, 'localhost')).toMatchObject({ status: 200, body: expect.stringContaining('ONE Record playground') })
  })

  it('says so while the gateway is away', async () => {
    await gateway.close()
    const reply = await visit(on.config, 'localhost', { path: '/api/deployments' })
    expect(reply).toMatchObject({ status: 503, headers: { 'content-type': 'application/problem+json', 'retry-after': '5' } })
    gateway = await startSlot((request, response) => response.end(`gateway ${request.url}`), on.config.GATEWAY_PORT)
  })
})
