import { format } from 'node:util'
import { currentCall } from './calls.ts'

/** JSON lines as pino writes them, each with the id of the call it belongs to. */
export type Lines = {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export type LinesOptions = {
  readonly name: string
  /** In a second; more are counted, and told of by the next that is written. 0: no limit. */
  readonly maxLines: number
  readonly write: (line: string) => void
  readonly now?: () => number
}

/** Longer texts are cut, characters: a line stays one line for whoever reads it. */
const MAX_TEXT = 8_192
const WINDOW_MS = 1_000

type Level = 20 | 30 | 40 | 50

export const openLines = ({ name, maxLines, write, now = () => performance.now() }: LinesOptions): Lines & { say(level: Level, fields: object, text: string): void } => {
  let since = now()
  let written = 0
  let left = 0
  const mayWrite = (): boolean => {
    if (now() - since >= WINDOW_MS) {
      since = now()
      written = 0
    }
    if (maxLines > 0 && written >= maxLines) return (left += 1, false)
    return (written += 1, true)
  }
  const say = (level: Level, fields: object, text: string) => {
    if (!mayWrite()) return
    const call = currentCall()
    const about = { function: name, ...(call ? { callId: call.id } : {}), ...(left > 0 ? { linesNotWritten: left } : {}) }
    left = 0
    write(`${JSON.stringify({ level, time: new Date().toISOString(), ...about, ...fields, msg: text.slice(0, MAX_TEXT) })}\n`)
  }
  return {
    say,
    info: (fields, text) => say(30, fields, text),
    warn: (fields, text) => say(40, fields, text),
    error: (fields, text) => say(50, fields, text),
  }
}

/** What is told of an error, in the words of pino. */
export const told = (error: unknown): object => {
  if (!(error instanceof Error)) return { err: { message: format(error).slice(0, MAX_TEXT) } }
  const { name, message, stack = '' } = error
  return { err: { type: name, message: message.slice(0, MAX_TEXT), stack: stack.slice(0, MAX_TEXT) } }
}

/** Whatever the function says on the console becomes such lines. */
export const hearConsole = ({ say }: ReturnType<typeof openLines>): void => {
  const at = (level: Level) => (...said: readonly unknown[]) => say(level, {}, format(...said))
  Object.assign(console, { debug: at(20), log: at(30), info: at(30), warn: at(40), error: at(50) })
}
