import { z } from 'zod'
import { spoken } from './text.ts'

/** The end of what a slot wrote: so many lines, so long each. */
export const LOG_TAIL = { lines: 20, lineLength: 300 } as const

/** The last lines of a slot's output, oldest first; [] when nothing is known of it. None that may hold a secret is told. */
export const logTailSchema = z.array(z.string().max(LOG_TAIL.lineLength)).max(LOG_TAIL.lines)

/** A runtime that dies prints what it held: requests with their signatures, configuration with its keys. */
const MAY_HOLD_A_SECRET = /secret|password|token|credential|authori[sz]ation|signature|access.?key|cookie/i

/** Lines as the schema takes them: the newest ones, each cut, without control characters, and none that may hold a secret. */
export const logTailOf = (lines: readonly string[]): string[] =>
  lines.slice(-LOG_TAIL.lines).map((line) => (MAY_HOLD_A_SECRET.test(line) ? '(a line that may hold a secret)' : spoken(line, LOG_TAIL.lineLength)))
