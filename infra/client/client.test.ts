import { describe, expect, expectTypeOf, test } from 'vitest'
import { runHandler } from '../functions/run-handler.ts'
import { callOf, singly } from '../functions/testing/calls.ts'
import { OPERATOR_TOKEN, testPlatform } from '../platform/testing.ts'
import { deploymentsApi } from '../../functions/deployments/handler.ts'
import { playgroundClient, type ClientOptions, type Got } from './client.ts'
import { isProblem, PlaygroundProblem } from './problem.ts'
import { retryAfterMs } from './retry.ts'
import type { Sent } from './send.ts'

/** The real function behind `send`; `refusals` are answered first, null is a connection that breaks after the request was carried out. */
const withApi = (refusals: (Got | null)[] = [], options: Partial<ClientOptions> = {}) => {
  const platform = testPlatform()
  const api = deploymentsApi(async () => platform)
  const seen: (Sent & { readonly url: string })[] = []
  const send = async (url: string, sent: Sent): Promise<Got> => {
    seen.push({ ...sent, url })
    const refusal = refusals.shift()
    if (refusal) return refusal
    const { status, headers, body } = await runHandler(api, callOf(sent.method, url.replace('http://here/api/deployments', '') || '/', sent.body, sent.headers), { name: 'deployments', environment: {} })
    if (refusal === null) throw new TypeError('socket hang up')
    return { status, headers: singly(headers), text: Buffer.from(body as Uint8Array).toString() }
  }
  return { platform, seen, client: playgroundClient({ url: 'http://here/', token: OPERATOR_TOKEN, send, patience: { firstWaitMs: 1 }, ...options }) }
}
const busy = (headers: Readonly<Record<string, string>> = {}): Got => ({ status: 503, headers, text: '' })

describe('a call', () => {
  test('asks and gets what the function declares', async () => {
    const { client, seen } = withApi()
    const made = await client('deployments', 'POST /', { body: { name: 'demo', settings: { pauseAfterSeconds: 5 } } })
    expectTypeOf(made.status).toEqualTypeOf<202>()
    expectTypeOf(made.body.settings.pauseAfterSeconds).toEqualTypeOf<number>()
    expect(made).toMatchObject({ status: 202, headers: { etag: '"1"' }, body: { name: 'demo', settings: { pauseAfterSeconds: 5 } } })
    const stopped = await client('deployments', 'POST /:id/stop', { params: { id: made.body.id }, body: { reason: 'enough' }, ifMatch: '"1"' })
    expect(stopped.body).toMatchObject({ wanted: 'stopped', reason: 'enough' })
    expect((await client('deployments', 'GET /:id', { params: { id: made.body.id } })).body.revision).toBe(stopped.body.revision)
    expect(seen.map(({ url }) => url)).toEqual(['http://here/api/deployments', `http://here/api/deployments/${made.body.id}/stop`, `http://here/api/deployments/${made.body.id}`])
  })

  test('does not compile with what the function does not take', () => {
    const { client } = withApi()
    const never = () => [
      // @ts-expect-error no such route
      client('deployments', 'PUT /'),
      // @ts-expect-error the id is missing
      client('deployments', 'GET /:id'),
      // @ts-expect-error a misspelled field
      client('deployments', 'POST /', { body: { nmae: 'demo' } }),
      // @ts-expect-error not a status
      client('deployments', 'GET /', { query: { status: 'happy' } }),
      // @ts-expect-error needs an address
      client('subscriptions', 'POST /', { body: { topics: ['events.>'] } }),
    ]
    expect(never).toBeTypeOf('function')
  })

  test('fails with the problem, by its code', async () => {
    const { client } = withApi()
    await client('deployments', 'POST /', { body: { name: 'demo' } })
    const error = await client('deployments', 'POST /', { body: { name: 'demo' } }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PlaygroundProblem)
    expect([isProblem(error), isProblem(error, 'NAME_TAKEN'), isProblem(error, 'NOT_FOUND', 'INTERNAL')]).toEqual([true, true, false])
    expect(error).toMatchObject({ code: 'NAME_TAKEN', callId: 'call-1', problem: { status: 409, field: 'name' }, message: expect.stringContaining('409 NAME_TAKEN: The name "demo" is taken') })
  })

  test('escapes what is in the path', async () => {
    const { client, seen } = withApi()
    await expect(client('deployments', 'GET /:id', { params: { id: 'a/../b?c' } })).rejects.toMatchObject({ code: 'DEPLOYMENT_NOT_FOUND' })
    expect(seen[0]?.url).toBe('http://here/api/deployments/a%2F..%2Fb%3Fc')
  })
})

describe('what passes by itself', () => {
  test('is tried again with the same key: a connection that broke after the work was done does it once', async () => {
    const { client, seen, platform } = withApi([busy(), null, { ...busy(), status: 502 }])
    const { body } = await client('deployments', 'POST /', { body: { name: 'demo' } })
    expect(body.name).toBe('demo')
    expect(seen).toHaveLength(4)
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect((await platform.deployments.load(body.id)).events.map(({ type }) => type)).toEqual(['DeploymentRequested', 'ClaimRequested'])
  })

  test('waits as the answer asks for, and no longer than is bearable', async () => {
    const { client, seen } = withApi([busy({ 'retry-after': '0' }), busy({ 'retry-after': '3600' })], { patience: { firstWaitMs: 3_600_000 } })
    await expect(client('deployments', 'POST /', { body: {} })).rejects.toThrow('503')
    expect(seen).toHaveLength(2)
  })

  test('is given up in the end', async () => {
    const { client, seen } = withApi(Array.from({ length: 9 }, () => busy()), { patience: { attempts: 3, firstWaitMs: 1 } })
    await expect(client('deployments', 'POST /')).rejects.toThrow('503')
    expect(seen).toHaveLength(3)
  })

  test('is not waited for by who has gone', async () => {
    const gone = new AbortController()
    const { client, seen } = withApi([busy()], { patience: { firstWaitMs: 20_000 } })
    const call = client('deployments', 'POST /', { signal: gone.signal })
    gone.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
    expect(seen).toHaveLength(1)
  })

  test('what does not pass is not repeated', async () => {
    const { client, seen } = withApi()
    await expect(client('deployments', 'POST /', { body: { name: 'www' } })).rejects.toMatchObject({ code: 'NAME_RESERVED' })
    expect(seen).toHaveLength(1)
  })
})

test.each([['5', 5_000], ['0', 0], ['Mon, 02 Mar 2026 10:00:05 GMT', 5_000], ['Mon, 02 Mar 2026 09:00:00 GMT', 0], ['soon', undefined], [undefined, undefined]] as const)('Retry-After %s is %s ms', (value, ms) => {
  expect(retryAfterMs(value, Date.parse('2026-03-02T10:00:00Z'))).toBe(ms)
})
