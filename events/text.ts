/**
 * Text that events hold ends up in rows. PostgreSQL takes neither NUL nor halves of surrogate pairs, in text or in JSON (manual, 8.14),
 * and a read model would not get past such an event.
 */
const isRefused = (text: string): boolean => !text.isWellFormed() || text.includes('\0')

/** Whether any text in it, keys included, is one that no row can hold. */
export const holdsRefusedText = (value: unknown): boolean =>
  typeof value === 'string' ? isRefused(value) : typeof value === 'object' && value !== null && Object.entries(value).some(([key, inner]) => isRefused(key) || holdsRefusedText(inner))

/** What a machine said, as an event takes it: cut, without control characters, a character that the cut would halve replaced. */
export const spoken = (text: string, most: number): string => text.replaceAll(/\p{Cc}/gu, ' ').slice(0, most).toWellFormed()
