import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { serverOf } from './callback.ts'
import { seal, unseal } from './seal.ts'

test.each([
  ['https://1r.example.com/logistics-objects/957e2622', 'https://1r.example.com'],
  ['https://example.com:8443/one-record/v2/logistics-objects/1', 'https://example.com:8443/one-record/v2'],
  ['https://example.com/organizations/1', 'https://example.com'], ['http://b.play.localhost:8080/logistics-objects/_data-holder', 'http://b.play.localhost:8080'],
  ['https://user:secret@example.com/logistics-objects/1', null], ['urn:uuid:1', null], ['ftp://example.com/logistics-objects/1', null], ['', null],
])('the server of %s is %s', (agent, server) => expect(serverOf(agent)).toBe(server))

const newKey = () => {
  const { x = '', y = '', d = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  return { kty: 'EC', crv: 'P-256', x, y, d, kid: '1' } as const
}

test('a sealed secret is opened with its own key alone, and not once it was changed', () => {
  const key = newKey()
  const sealed = seal('s3cret-ü', key)
  expect(unseal(sealed, key)).toBe('s3cret-ü')
  expect(sealed).not.toBe(seal('s3cret-ü', key))
  expect(unseal(sealed, newKey())).toBeNull()
  const bytes = Buffer.from(sealed, 'base64url')
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ 1
    expect(unseal(changed.toString('base64url'), key)).toBeNull()
  }
  expect(unseal('', key)).toBeNull()
})
