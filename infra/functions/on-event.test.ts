import { describe, expect, expectTypeOf, test } from 'vitest'
import { failure, type ErrorCode } from '../../events/errors.ts'
import type { DeliveryHead } from '../delivery/cloud-event.ts'
import type { FunctionCall } from './function-event.ts'
import { onEvent, type Cause, type EventOf } from './on-event.ts'
import { runHandler, type FunctionReply } from './run-handler.ts'
import { deliveryOf } from './testing/calls.ts'

const KEY = 'key'
const HIT = { deploymentId: 'd1', claimId: 'd1-0', since: '2026-01-01T00:00:00.000Z' }
const HEAD: DeliveryHead = {
  id: 'e1', type: 'ProxyHit', subject: 'hits.d1', sequence: '42', revision: null, version: 1, at: '2026-01-01T00:00:00.123456789Z', attempt: 2,
  metadata: { correlationId: 'c1', causationId: 'c0', actor: 'owner', traceparent: '00-a-b-01' },
}
const platform = async () => ({ name: 'platform' })
const IDENTITY = { name: 'cold-start', environment: {} }

type Seen = { event: EventOf<'ProxyHit' | 'WakeDue'>; cause: Cause; platform: { name: string } }
const recording = () => {
  const seen: Seen[] = []
  const handler = onEvent(['ProxyHit', 'WakeDue'], async (event, cause, on) => void seen.push({ event, cause, platform: on }), platform, { signingKey: () => KEY })
  return { seen, deliver: (call: FunctionCall) => runHandler(handler, call, IDENTITY) }
}
const codeOf = ({ body }: FunctionReply): unknown => JSON.parse(Buffer.from(body as Uint8Array).toString()) as unknown

describe('onEvent', () => {
  test('the types of the event are those named', () => {
    onEvent(['ProxyHit', 'ClaimRequested'], (event) => {
      expectTypeOf(event.type).toEqualTypeOf<'ProxyHit' | 'ClaimRequested'>()
      if (event.type === 'ClaimRequested') expectTypeOf(event.data.reason).toEqualTypeOf<'create' | 'start' | 'restart' | 'wake' | 'heal' | 'drain' | 'upgrade'>()
    }, platform)
  })

  test('a signed delivery: the event, its cause and the platform reach the reaction, 204 the dispatcher', async () => {
    const { seen, deliver } = recording()
    const reply = await deliver(deliveryOf(HEAD, HIT, KEY))
    expect([reply.status, (reply.body as Uint8Array).length]).toEqual([204, 0])
    expect(seen).toEqual([{
      event: { type: 'ProxyHit', data: HIT },
      cause: {
        id: 'e1', type: 'ProxyHit', subject: 'hits.d1', sequence: '42', revision: null, at: HEAD.at, attempt: 2,
        metadata: { correlationId: 'c1', causationId: 'e1', actor: 'function:cold-start', traceparent: '00-a-b-01' },
      },
      platform: { name: 'platform' },
    }])
  })

  test('what a header cannot carry arrives as it was', async () => {
    const { seen, deliver } = recording()
    await deliver(deliveryOf({ ...HEAD, id: 'é 100%', metadata: { correlationId: 'Zürich "1"', actor: 'owner' } }, HIT, KEY))
    expect(seen[0]?.cause).toMatchObject({ id: 'é 100%', metadata: { correlationId: 'Zürich "1"', causationId: 'é 100%' } })
  })

  const { 'x-playground-signature': signature = '' } = deliveryOf(HEAD, HIT, KEY).headers
  const delivery = deliveryOf(HEAD, HIT, KEY)
  test.each<[string, FunctionCall, number, ErrorCode]>([
    ['no signature', { ...delivery, headers: { ...delivery.headers, 'x-playground-signature': undefined } }, 401, 'UNSIGNED_DELIVERY'],
    ['another key', deliveryOf(HEAD, HIT, 'other'), 401, 'UNSIGNED_DELIVERY'],
    ['another body', { ...delivery, body: Buffer.from('{}') }, 401, 'UNSIGNED_DELIVERY'],
    ['six minutes old', deliveryOf(HEAD, HIT, KEY, Date.now() - 6 * 60_000), 401, 'UNSIGNED_DELIVERY'],
    ['a nonsense signature', { ...delivery, headers: { ...delivery.headers, 'x-playground-signature': `${signature}0` } }, 401, 'UNSIGNED_DELIVERY'],
    ['another verb', { ...delivery, method: 'GET' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a type of others', deliveryOf({ ...HEAD, type: 'PurgeDue' }, HIT, KEY), 422, 'EVENT_NOT_TAKEN'],
    ['a version from the future', deliveryOf({ ...HEAD, version: 9 }, HIT, KEY), 422, 'UNKNOWN_EVENT'],
    ['data that is no ProxyHit', deliveryOf(HEAD, { ...HIT, since: 'today' }, KEY), 422, 'MALFORMED_EVENT'],
    ['a head without correlation', deliveryOf({ ...HEAD, metadata: { ...HEAD.metadata, correlationId: '' } }, HIT, KEY), 422, 'MALFORMED_EVENT'],
    ['a revision that is no number', deliveryOf({ ...HEAD, revision: Number.NaN }, HIT, KEY), 422, 'MALFORMED_EVENT'],
  ])('%s is refused, the reaction never called', async (_, call, status, code) => {
    const { seen, deliver } = recording()
    const reply = await deliver(call)
    expect(reply.status).toBe(status)
    expect(codeOf(reply)).toMatchObject({ status, code })
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(seen).toEqual([])
  })

  test.each<[ErrorCode, number]>([
    ['CLAIM_UNKNOWN', 422], ['WRONG_EXPECTED_REVISION', 409], ['AGENT_UNAVAILABLE', 503], ['NO_SLOT_FREE', 503], ['DUPLICATE_EVENT_ID', 422],
  ])('a reaction that fails with %s answers %i, by kind', async (code, status) => {
    const handler = onEvent(['ProxyHit'], async () => { throw failure(code, { retryAfterSeconds: 3 }) }, platform, { signingKey: () => KEY })
    const reply = await runHandler(handler, deliveryOf(HEAD, HIT, KEY), IDENTITY)
    expect([reply.status, reply.headers['retry-after']]).toEqual([status, '3'])
    expect(codeOf(reply)).toMatchObject({ code, status })
  })

  test('an error nobody foresaw, and a platform that is away, are transient and tell nothing', async () => {
    const away = onEvent(['ProxyHit'], () => {}, async () => { throw new Error('password in here') }, { signingKey: () => KEY })
    const reply = await runHandler(away, deliveryOf(HEAD, HIT, KEY), IDENTITY)
    expect(codeOf(reply)).toMatchObject({ code: 'INTERNAL', status: 503, detail: 'Something went wrong here; the log has it under call id call-1.' })
  })
})
