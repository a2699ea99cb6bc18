import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino'
import { keepHealthFile } from './health-file.ts'
import { stormBreak } from './log-storm.ts'
import { currentTrace } from './tracing/current.ts'
import { parseTraceparent } from './tracing/trace-context.ts'

export type Log = Logger

/**
 * Structured log of one part, JSON lines on standard error, each with the trace and the correlation id of what goes on where there is
 * one. Of a storm of the same warning the beginning is written, and how many more there were. Never give it secrets, bodies or credentials.
 */
export const logger = (part: string, level = process.env['LOG_LEVEL'] ?? 'info'): Log =>
  pino({ name: part, level, base: { part, instance: process.env['PART_NAME'] || part }, timestamp: pino.stdTimeFunctions.isoTime, mixin: about, hooks: { logMethod: calmly() } }, heard(pino.destination({ dest: 2, sync: true })))

/** Warnings tell of what passes, often of the same a thousand times; each error is somebody's, and is written. */
const calmly = (): LoggerOptions['hooks'] extends { logMethod?: infer Hook } | undefined ? NonNullable<Hook> : never => {
  const may = stormBreak()
  return function (args, write, level) {
    if (level !== WARN) return write.apply(this, args)
    const [about, text] = args
    const before = may(typeof about === 'string' ? about : String(text))
    if (before === null) return
    if (before === 0 || typeof about !== 'object') return write.apply(this, args)
    write.apply(this, [{ ...(about as object), alikeNotWritten: before }, text] as unknown as typeof args)
  }
}
const WARN = 40

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

/** Says once that the part serves, whatever the log level: the supervisor waits for this line, and a container's check for HEALTH_FILE. */
export const announceReady = (log: Log): void => {
  log.child({}, { level: 'info' }).info({ ready: true }, 'ready')
  if (process.env['HEALTH_FILE']) keepHealthFile(process.env['HEALTH_FILE'])
}
