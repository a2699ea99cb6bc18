import { randomBytes } from 'node:crypto'

let last = { at: 0, n: 0 }

/**
 * An id whose order is that of its making within one process, and of time across processes: milliseconds, a counter, 64 random bits.
 * Safe in keys, paths and headers. @param at milliseconds
 */
export const sortableId = (at: number): string => {
  last = at === last.at ? { at, n: last.n + 1 } : { at, n: 0 }
  return `${String(at).padStart(14, '0')}-${String(last.n).padStart(6, '0')}-${randomBytes(8).toString('hex')}`
}
