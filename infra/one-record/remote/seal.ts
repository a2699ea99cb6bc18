import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { SigningKey } from '../../slot/port.ts'

const ALGORITHM = 'aes-256-gcm'
const [NONCE, TAG] = [12, 16]

const keyOf = ({ d }: SigningKey): Buffer => Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', 'one-record secrets of partners', 32))

/**
 * A partner's secret as the record may hold it: only who has the deployment's key can open it, so that neither the object store nor an
 * export gives it away (docs/decisions/0031). Base64url of nonce, tag and ciphertext (AES-256-GCM, NIST SP 800-38D).
 */
export const seal = (secret: string, key: SigningKey): string => {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv(ALGORITHM, keyOf(key), nonce)
  const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url')
}

/** Null when it was sealed with another key, or changed since. */
export const unseal = (sealed: string, key: SigningKey): string | null => {
  const bytes = Buffer.from(sealed, 'base64url')
  try {
    const decipher = createDecipheriv(ALGORITHM, keyOf(key), bytes.subarray(0, NONCE)).setAuthTag(bytes.subarray(NONCE, NONCE + TAG))
    return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}
