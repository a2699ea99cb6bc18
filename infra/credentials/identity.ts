import { createECDH, createHash, hkdfSync } from 'node:crypto'
import type { ClientCredentials, Identity, IdentityRequest } from './port.ts'

/**
 * The credentials of a deployment, derived from the secret `deployments-key` and the deployment's id and generation (HKDF with
 * SHA-256, RFC 5869): nothing is stored that could be lost or leak, and a retry gives the same answer.
 */
export const clientOf = (key: string, of: IdentityRequest): ClientCredentials => ({
  clientId: of.deploymentId,
  clientSecret: derive(key, 'client-secret', of, 32).toString('base64url'),
})

/** What its slot gets instead of the secret: a hash of it (it is random, 256 bits: nothing slower is needed) and the key of its tokens. */
export const identityOf = (key: string, of: IdentityRequest): Identity => {
  const { clientId, clientSecret } = clientOf(key, of)
  return {
    client: { id: clientId, secretHash: createHash('sha256').update(clientSecret).digest('hex') },
    signingKey: keyFrom(derive(key, 'signing-key', of, 48)),
  }
}

const derive = (key: string, purpose: string, { deploymentId, generation }: IdentityRequest, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', `one-record-playground/${purpose}/${deploymentId}/${generation}`, bytes))

/** Order of the group of P-256 (SEC 2, section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** A private key from 384 random bits: 128 more than it has, so that all are as likely (FIPS 186-5, appendix A.2.1). */
const keyFrom = (bits: Buffer): Identity['signingKey'] => {
  const scalar = (BigInt(`0x${bits.toString('hex')}`) % (ORDER - 1n)) + 1n
  const d = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex')
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(d)
  const point = curve.getPublicKey() // 4, x, y
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  return { kty: 'EC', crv: 'P-256', x, y, d: d.toString('base64url'), kid: thumbprint(x, y) }
}

/** RFC 7638: the same key has the same id everywhere. */
const thumbprint = (x: string, y: string): string => createHash('sha256').update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y })).digest('base64url')
