import { z } from 'zod'

/**
 * Text of people that is kept, or looked for: no control characters, and no halves of characters. PostgreSQL takes neither in text nor
 * in JSON (manual, 8.14), and a read model would stop in front of the event.
 */
export const words = (most: number) => z.string().min(1).max(most).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'it must not hold control characters or halves of characters')
