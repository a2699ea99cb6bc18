import { createHash } from 'node:crypto'

/** Name space of embedded ids (RFC 9562, section 5.5), made once for this server. */
const NAMESPACE = Buffer.from('5b0c4e1f8d3a4c7e9a52f6710b9d2e84', 'hex')

const uuid5 = (name: string): string => {
  const hash = createHash('sha1').update(NAMESPACE).update(name).digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * Id of an embedded object for ever: `internal:<uuid5>`, as the standard recommends, of the IRI and revision of the object in
 * which it first appeared and its blank node label there.
 */
export const stableId = (owner: string, revision: number, label: string): string => `internal:${uuid5(`${owner} ${revision} ${label}`)}`
