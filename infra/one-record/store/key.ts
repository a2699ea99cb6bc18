import { createHash } from 'node:crypto'

/** A part of a key: text, a natural number, or a time. */
export type KeyPart = string | number | Date

/**
 * Key of a row: `table/part/part`. Texts are percent-encoded, numbers have sixteen digits, times are ISO 8601 in UTC, so that the
 * keys' order is the parts' order (of texts: that of their encoded form).
 */
export const key = (table: string, ...parts: readonly KeyPart[]): string => [table, ...parts.map(partOf)].join('/')

/** Prefix of all keys that `key` makes of these parts and at least one more. */
export const below = (table: string, ...parts: readonly KeyPart[]): string => `${key(table, ...parts)}/`

/** The parts of a key behind its table, decoded; numbers and times as their texts. A part that was too long is no more than its hash says. */
export const partsOf = (text: string): readonly string[] => text.split('/').slice(1).map((part) => (part.includes(HASHED) ? part : decodeURIComponent(part)))

const DIGITS = 16
/** Longest part as it is; of a longer one the beginning and a hash. */
const LONGEST = 256
const KEPT = 160
/** Nothing that is percent-encoded holds this. */
const HASHED = '%~'

const partOf = (part: KeyPart): string => {
  if (typeof part === 'number') {
    if (!Number.isSafeInteger(part) || part < 0) throw new RangeError(`${part} is no natural number`)
    return String(part).padStart(DIGITS, '0')
  }
  if (part instanceof Date) return part.toISOString()
  const encoded = encodeURIComponent(part.toWellFormed())
  return encoded.length <= LONGEST ? encoded : encoded.slice(0, KEPT) + HASHED + createHash('sha256').update(part).digest('hex')
}
