/** Twelve digits, so that the store's listing order is the log's order. */
const DIGITS = 12
const LAST = 10 ** DIGITS - 1

const digits = (n: number): string => String(n).padStart(DIGITS, '0')

/**
 * Object key of commit `n` (from 1, dense) of the record below `prefix` (`<deploymentId>/`, with the slash). Written with
 * `If-None-Match: *`: whoever creates it owns the place in the log.
 */
export const commitKey = (prefix: string, n: number): string => `${prefix}commits/${digits(n)}`

/** Prefix of all checkpoint keys. */
export const checkpointsPrefix = (prefix: string): string => `${prefix}checkpoints/`

/**
 * Object key of the checkpoint that holds what commits 1 to `n` derive to. Numbered backwards: the first key of a listing is the
 * newest, however many there are (slots may not delete).
 */
export const checkpointKey = (prefix: string, n: number): string => checkpointsPrefix(prefix) + digits(LAST - n)

/** `n` of a checkpoint's key; null when it is no such key. */
export const checkpointNumber = (key: string): number | null => {
  const number = numberOfKey(key)
  return number === null ? null : LAST - number
}

/** The number that a key ends with; of a commit's key its `n`. Null when there is none. */
export const numberOfKey = (key: string): number | null => {
  const last = key.slice(key.lastIndexOf('/') + 1)
  return /^\d{12}$/.test(last) ? Number(last) : null
}
