import pino, { type DestinationStream, type Logger } from 'pino'
import { currentTrace } from './tracing/current.ts'
import { parseTraceparent } from './tracing/trace-context.ts'

export type Log = Logger

/**
 * Structured log of one part, JSON lines on standard error, each with the trace and the correlation id of what goes on where there is
 * one. Never give it secrets, bodies or credentials.
 */
export const logger = (part: string, level = process.env['LOG_LEVEL'] ?? 'info'): Log =>
  pino({ name: part, level, base: { part, instance: process.env['PART_NAME'] || part }, timestamp: pino.stdTimeFunctions.isoTime, mixin: about }, heard(pino.destination({ dest: 2, sync: true })))

const about = (): object => {
  const current = currentTrace()
  if (!current) return {}
  const { traceparent, correlationId } = current
  return { trace_id: parseTraceparent(traceparent)?.traceId, correlation_id: correlationId }
}

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
