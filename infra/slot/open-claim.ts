import { generateKeyPairSync } from 'node:crypto'
import type { Claim, SigningKey } from './port.ts'

/** What a claim has besides its record, where nobody owns it (tests, the rehearsal): open, with room. */
export const openClaim = (): Pick<Claim, 'access' | 'limits' | 'strictness' | 'outboundAllow' | 'platform'> => ({
  access: { open: true, hideForbidden: true, trust: [], client: { id: 'demo', secretHash: '0'.repeat(64) }, signingKey: newSigningKey() },
  limits: { storedBytes: 1024 ** 3, objects: 100_000, bodyBytes: 1024 * 1024, documentBytes: 16 * 1024 * 1024, requestsPerMinute: 1_000_000 },
  strictness: 'strict', outboundAllow: '127.0.0.1/32', platform: { domain: 'play.test', scheme: 'http', port: 80 },
})

const newSigningKey = (): SigningKey => {
  const { x = '', y = '', d = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  return { kty: 'EC', crv: 'P-256', x, y, d, kid: 'test' }
}
