/**
 * Where the commit log of one record lies, below its prefix (`<deploymentId>/`, with the slash). Twelve digits, so that the
 * store's listing order is the log's order.
 */
export const COMMIT_DIGITS = 12

/** Object key of commit `n` (from 1, dense). Written with `If-None-Match: *`: whoever creates it owns the place in the log. */
export const commitKey = (prefix: string, n: number): string => `${prefix}commits/${String(n).padStart(COMMIT_DIGITS, '0')}`

/** Object key of the checkpoint that holds what commits 1 to `n` derive to. */
export const checkpointKey = (prefix: string, n: number): string => `${prefix}checkpoints/${String(n).padStart(COMMIT_DIGITS, '0')}`

/** The number in a key of either kind, or null when the last segment is no such number. */
export const numberOfKey = (key: string): number | null => {
  const last = key.slice(key.lastIndexOf('/') + 1)
  return /^\d{12}$/.test(last) ? Number(last) : null
}
