import { createHash } from 'node:crypto'

/** A strong entity tag (RFC 9110, section 8.8.3) of what is sent, by its bytes. */
export const etagOf = (body: string | Buffer): string => `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
