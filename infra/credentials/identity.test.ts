import { createHash, createPublicKey, sign, verify } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import { clientOf, identityOf } from './identity.ts'

const of = { deploymentId: 'demo', generation: 1 }

test('the same deployment and generation have the same credentials; any other has others', () => {
  expect(clientOf('key', of)).toEqual(clientOf('key', of))
  expect(identityOf('key', of)).toEqual(identityOf('key', of))
  const others = [['key', { ...of, generation: 2 }], ['key', { ...of, deploymentId: 'demo2' }], ['key2', of]] as const
  for (const [key, other] of others) {
    expect(clientOf(key, other).clientSecret).not.toBe(clientOf('key', of).clientSecret)
    expect(identityOf(key, other).signingKey.kid).not.toBe(identityOf('key', of).signingKey.kid)
  }
})

test('the slot gets a hash of the secret, not the secret', () => {
  const { clientId, clientSecret } = clientOf('key', of)
  expect(Buffer.from(clientSecret, 'base64url')).toHaveLength(32)
  const identity = identityOf('key', of)
  expect(identity.client).toEqual({ id: clientId, secretHash: createHash('sha256').update(clientSecret).digest('hex') })
  expect(JSON.stringify(identity)).not.toContain(clientSecret)
})

test('what its key signs, its public half verifies; its id is the thumbprint of RFC 7638', async () => {
  for (let generation = 1; generation <= 50; generation += 1) {
    const { kid, ...jwk } = identityOf('key', { deploymentId: 'demo', generation }).signingKey
    const { d: _, ...half } = jwk
    const signature = sign('sha256', Buffer.from('token'), { key: jwk, format: 'jwk' })
    expect(verify('sha256', Buffer.from('token'), createPublicKey({ key: half, format: 'jwk' }), signature)).toBe(true)
    expect(kid).toBe(await calculateJwkThumbprint(half))
  }
})
