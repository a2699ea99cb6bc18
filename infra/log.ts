import pino, { type Logger } from 'pino'

export type Log = Logger

/** Structured log of one part, JSON lines on standard error. Never give it secrets, bodies or credentials. */
export const logger = (part: string, level = process.env['LOG_LEVEL'] ?? 'info'): Log =>
  pino({ name: part, level, base: { part }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }))

/** Says once that the part serves, whatever the log level: the supervisor waits for this line. */
export const announceReady = (log: Log): void => log.child({}, { level: 'info' }).info({ ready: true }, 'ready')
