import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { DeliveryHead } from './cloud-event.ts'
import { OLD_SECRET_MS, secretsOf, webhookHeaders, webhookSecret, webhookSignature } from './webhook.ts'

const at = Date.parse('2026-01-01T00:00:00.500Z')
const head: DeliveryHead = {
  id: 'e1', type: 'InstancePaused', subject: 'events.instance.d1-3', sequence: '42', revision: 7, version: 1, at: '2026-01-01T00:00:00.000Z', attempt: 2,
  metadata: { correlationId: 'c1', actor: 'owner' },
}
const body = Buffer.from('{"name":"Zürich"}')

describe('a delivery to another service', () => {
  it('is a CloudEvent with the headers of Standard Webhooks', () => {
    const secret = webhookSecret('key', 's1', 1)
    const expected = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64')).update(`42_InstancePaused_e1.1767225600.${body.toString()}`).digest('base64')
    expect(webhookHeaders([secret], head, body, at)).toMatchObject({
      'ce-type': 'InstancePaused', 'ce-attempt': '2', 'webhook-id': '42_InstancePaused_e1', 'webhook-timestamp': '1767225600', 'webhook-signature': `v1,${expected}`,
    })
  })

  it('is signed as the libraries of the specification expect', () => {
    // the example that they are tested with
    expect(webhookSignature(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], 'msg_p5jXN8AQM9LWM0D4loKWxJek', '1614265330', Buffer.from('{"test": 2432232314}')))
      .toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })
})

describe('a secret', () => {
  it('is another one for each subscription, version and platform, always the same, 32 bytes', () => {
    const all = [webhookSecret('key', 's1', 1), webhookSecret('key', 's1', 2), webhookSecret('key', 's2', 1), webhookSecret('other', 's1', 1)]
    expect(new Set(all).size).toBe(4)
    expect(webhookSecret('key', 's1', 1)).toBe(all[0])
    for (const secret of all) expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32)
  })

  it('that was rotated is good for another day', () => {
    const version = { subscriptionId: 's1', secretVersion: 2, secretSince: new Date(at).toISOString() }
    expect(secretsOf('key', version, at + OLD_SECRET_MS - 1)).toEqual([webhookSecret('key', 's1', 2), webhookSecret('key', 's1', 1)])
    expect(secretsOf('key', version, at + OLD_SECRET_MS)).toEqual([webhookSecret('key', 's1', 2)])
    expect(secretsOf('key', { ...version, secretVersion: 1 }, at)).toHaveLength(1)
  })
})
