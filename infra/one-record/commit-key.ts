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
 * Object key of a checkpoint that holds what commits 1 to `n` derive to. Numbered backwards: the first key of a listing is the
 * newest, however many there are (slots may not delete). `tag`: drawn by lot, so that none is ever written over, for later ones
 * refer to what is in it.
 */
export const checkpointKey = (prefix: string, n: number, tag: string): string => `${checkpointsPrefix(prefix)}${digits(LAST - n)}-${tag}`

/** `n` of a checkpoint's key; null when it is no such key. */
export const checkpointNumber = (key: string): number | null => {
  const number = /\/checkpoints\/(\d{12})-[^/]+$/.exec(key)?.[1]
  return number === undefined ? null : LAST - Number(number)
}

/** Object key of pages of the index that did not fit into the checkpoint `n` with this tag. */
export const pagesKey = (prefix: string, n: number, tag: string, part: number): string => `${prefix}pages/${digits(n)}-${tag}-${part}`

/** The number that a key ends with; of a commit's key its `n`. Null when there is none. */
export const numberOfKey = (key: string): number | null => {
  const last = key.slice(key.lastIndexOf('/') + 1)
  return /^\d{12}$/.test(last) ? Number(last) : null
}
