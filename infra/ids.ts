import { createHash, randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

const base32 = (bytes: Uint8Array, length: number): string =>
  Array.from({ length }, (_, index) => ALPHABET[(bytes[index] ?? 0) & 31]).join('')

/** 20 characters of a-z2-7 (100 bits); derived from the parts, so that a retry makes the same id. */
export const derivedId = (...parts: readonly string[]): string =>
  base32(createHash('sha256').update(JSON.stringify(parts)).digest(), 20)

/** 20 random characters of a-z2-7 (100 bits). */
export const randomId = (): string => base32(randomBytes(20), 20)
