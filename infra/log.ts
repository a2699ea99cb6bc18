import pino, { type DestinationStream, type Logger } from 'pino'

export type Log = Logger

/** Structured log of one part, JSON lines on standard error. Never give it secrets, bodies or credentials. */
export const logger = (part: string, level = process.env['LOG_LEVEL'] ?? 'info'): Log =>
  pino({ name: part, level, base: { part }, timestamp: pino.stdTimeFunctions.isoTime }, heard(pino.destination({ dest: 2, sync: true })))

const listeners: ((line: string) => void)[] = []

/** Hears every line that this process writes: a host of functions tells by it what each of them logged. */
export const hearLines = (listener: (line: string) => void): void => void listeners.push(listener)

const heard = (destination: DestinationStream): DestinationStream => ({
  write: (line) => {
    destination.write(line)
    for (const listener of listeners) listener(line)
  },
})

/** Says once that the part serves, whatever the log level: the supervisor waits for this line. */
export const announceReady = (log: Log): void => log.child({}, { level: 'info' }).info({ ready: true }, 'ready')
