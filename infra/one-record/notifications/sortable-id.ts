import { randomBytes } from 'node:crypto'

let made = 0

/**
 * An id whose order is that of its making within one process, and of time across processes: milliseconds, a counter, 64 random bits.
 * Safe in keys, paths and headers. @param at milliseconds
 */
export const sortableId = (at: number): string => {
  made += 1
  return `${String(at).padStart(14, '0')}-${String(made).padStart(10, '0')}-${randomBytes(8).toString('hex')}`
}
