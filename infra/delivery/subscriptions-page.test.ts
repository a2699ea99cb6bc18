import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DeliveryHead } from './cloud-event.ts'
import { secretsOf, webhookHeaders, webhookSecret } from './webhook.ts'

type Verify = (headers: Readonly<Record<string, string>>, body: Uint8Array, secret: string, now?: number) => boolean

/** The code that docs/subscriptions.md gives to other teams, as it stands there. */
const page = readFileSync(join(import.meta.dirname, '../../docs/subscriptions.md'), 'utf8')
const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { readonly isGenuine: Verify }

const now = Date.parse('2026-01-01T00:00:00Z')
const body = Buffer.from('{"name":"Zürich ✈"}')
const head: DeliveryHead = {
  id: 'e 1%', type: 'InstancePaused', subject: 'events.instance.d1-3', sequence: '42', revision: 7, version: 1, at: '2026-01-01T00:00:00.000Z', attempt: 2,
  metadata: { correlationId: 'c1', actor: 'owner' },
}
const subscription = { subscriptionId: 's1', secretVersion: 2, secretSince: new Date(now).toISOString() }
const headers = webhookHeaders(secretsOf('key', subscription, now), head, body, now)
const [old, current] = [webhookSecret('key', 's1', 1), webhookSecret('key', 's1', 2)]

describe('the code for other teams', () => {
  it('takes what we send, with the secret of now and for a day with the one before', () => {
    expect([isGenuine(headers, body, current, now), isGenuine(headers, body, old, now)]).toEqual([true, true])
    expect(isGenuine(headers, body, webhookSecret('key', 's1', 3), now)).toBe(false)
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['another type', { 'ce-type': 'InstanceResumed' }], ['another id', { 'ce-id': 'e2' }], ['another place', { 'ce-sequence': '43' }], ['another time', { 'webhook-timestamp': '1767225601' }],
    ['another signed id', { 'webhook-id': '43_InstancePaused_e1' }], ['no signature', { 'webhook-signature': '' }], ['another version of signatures', { 'webhook-signature': headers['webhook-signature']?.replaceAll('v1,', 'v2,') ?? '' }],
  ])('refuses %s', (_, changed) => expect(isGenuine({ ...headers, ...changed }, body, current, now)).toBe(false))

  it('refuses another body, and what is older than five minutes', () => {
    expect(isGenuine(headers, Buffer.from('{}'), current, now)).toBe(false)
    expect(isGenuine(headers, body, current, now + 301_000)).toBe(false)
    expect(isGenuine({}, body, current, now)).toBe(false)
  })
})
