import { z } from 'zod'

/** The end of what a slot wrote: so many lines, so long each. */
export const LOG_TAIL = { lines: 20, lineLength: 300 } as const

/** The last lines of a slot's output, oldest first; [] when nothing is known of it. Slots never print secrets. */
export const logTailSchema = z.array(z.string().max(LOG_TAIL.lineLength)).max(LOG_TAIL.lines)
export type LogTail = readonly string[]

/** Lines as the schema takes them: the newest ones, each cut, without control characters (a slot may print anything). */
export const logTailOf = (lines: readonly string[]): string[] =>
  lines.slice(-LOG_TAIL.lines).map((line) => line.replaceAll(/\p{Cc}/gu, ' ').slice(0, LOG_TAIL.lineLength))
