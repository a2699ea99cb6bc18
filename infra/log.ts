import pino, { type Logger } from 'pino'

export type Log = Logger

/** Structured log of one part, JSON lines on standard error. Never give it secrets, bodies or credentials. */
export const logger = (part: string, level = process.env['LOG_LEVEL'] ?? 'info'): Log =>
  pino({ name: part, level, base: { part }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }))
