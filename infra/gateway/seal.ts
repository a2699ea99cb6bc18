import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Encrypts what the broker keeps for us and nobody else is to read: AES-256-GCM (NIST SP 800-38D), a key of its own (RFC 5869). */
export type Seal = {
  seal(plain: Uint8Array): Buffer
  /** @throws Error when it was not sealed with this key, or changed since */
  open(sealed: Uint8Array): Buffer
}

const IV_BYTES = 12
const TAG_BYTES = 16

/** @param key the secret `signing-key`, the same for all gateways */
export const sealWith = (key: string): Seal => {
  const derived = Buffer.from(hkdfSync('sha256', key, '', 'gateway: secrets and queued calls', 32))
  return {
    seal: (plain) => {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', derived, iv)
      return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    },
    open: (sealed) => {
      const decipher = createDecipheriv('aes-256-gcm', derived, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
    },
  }
}
