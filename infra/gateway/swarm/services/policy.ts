import { failure } from '../../../../events/errors.ts'
import type { FunctionSpec } from '../../function-spec.ts'
import { bytesOf, millisecondsOf, nanoCpusOf } from './quantities.ts'

/** What a function asks of Swarm beyond its image. Memory in bytes, processor time in billionths of a core, durations in milliseconds. */
export type Policy = {
  readonly limits: Resources
  readonly requests: Resources
  /** Processes and threads of a replica at most. */
  readonly pids: number
  /** Of /tmp, where the root is read-only. */
  readonly tmpBytes: number
  /** Replicas on one node at most; 0: any number. */
  readonly maxPerNode: number
  /** From the stop signal until it is killed. */
  readonly stopGraceMs: number
  /** null: the image's own, SIGTERM where it names none. */
  readonly stopSignal: string | null
  /** null: the image's own, or what the gateway found fit for it. */
  readonly health: Health | null
}
export type Resources = { readonly memoryBytes?: number | undefined; readonly nanoCpus?: number | undefined }
export type Health =
  | { readonly kind: 'none' }
  | { readonly kind: 'http' | 'command'; readonly text: string; readonly intervalMs: number; readonly startMs: number }

export const ANNOTATION = {
  healthPath: 'com.openfaas.health.http.path',
  healthDelay: 'com.openfaas.health.http.initialDelay',
  healthCommand: 'com.openfaas.health.command',
  healthInterval: 'com.openfaas.health.interval',
  stopGrace: 'com.openfaas.stop.grace',
  stopSignal: 'com.openfaas.stop.signal',
  maxPerNode: 'com.openfaas.placement.max_per_node',
  pids: 'com.openfaas.limits.pids',
  tmpSize: 'com.openfaas.tmp.size',
} as const

/** Below it Docker starts no container. */
const MIN_LIMIT_BYTES = 6 * 2 ** 20
const MIN_LIMIT_NANOS = 1e7
/** Below it Swarm takes no reservation. */
const MIN_REQUEST_BYTES = 4 * 2 ** 20
const MIN_REQUEST_NANOS = 1e6
const DEFAULT_PIDS = 1_024
const DEFAULT_TMP = '64Mi'
/** As the classic templates have it. */
const DEFAULT_INTERVAL = '3s'
const DEFAULT_START = '60s'
const HOUR_MS = 3_600_000

/** @param timeoutSeconds longest time a call may take: who is stopped gets as long. @throws INVALID_FIELD naming what is wrong and what would be right */
export const policyOf = (spec: FunctionSpec, timeoutSeconds: number): Policy => {
  const { annotations } = spec
  const text = (name: string): string | undefined => annotations[name]?.trim() || undefined
  const duration = (name: string, fallback: string, least: number): number => within(name, millisecondsOf(text(name) ?? fallback), least, HOUR_MS, 'a time such as 500ms, 10s, 2m', '1h')
  const count = (name: string, fallback: number, least: number, most: number): number =>
    within(name, /^\d{1,9}$/.test(text(name) ?? String(fallback)) ? Number(text(name) ?? fallback) : undefined, least, most, 'a whole number', String(most))

  const limits = resources('limits', spec.limits, MIN_LIMIT_BYTES, MIN_LIMIT_NANOS)
  const requests = resources('requests', spec.requests, MIN_REQUEST_BYTES, MIN_REQUEST_NANOS)
  for (const [name, key] of [['memory', 'memoryBytes'], ['cpu', 'nanoCpus']] as const) {
    const [limit, request] = [limits[key], requests[key]]
    if (limit !== undefined && request !== undefined && request > limit) throw failure('INVALID_FIELD', { field: `requests.${name}`, reason: `${spec.requests?.[name] ?? ''} is more than its limit, ${spec.limits?.[name] ?? ''}` })
  }
  return {
    limits, requests,
    pids: count(ANNOTATION.pids, DEFAULT_PIDS, 1, 1_000_000),
    tmpBytes: within(ANNOTATION.tmpSize, bytesOf(text(ANNOTATION.tmpSize) ?? DEFAULT_TMP), 4_096, 2 ** 40, MEMORY, '1Ti'),
    maxPerNode: count(ANNOTATION.maxPerNode, 0, 0, 1_000),
    stopGraceMs: duration(ANNOTATION.stopGrace, text(ANNOTATION.stopGrace) ?? `${Math.min(timeoutSeconds + CLOSE_SECONDS, HOUR_MS / 1_000)}s`, 0),
    stopSignal: stopSignal(text(ANNOTATION.stopSignal)),
    health: health(text, duration),
  }
}

/** What a function of the template takes to give its connections back when its calls have ended. */
const CLOSE_SECONDS = 5

const MEMORY = 'an amount of memory such as 128Mi, 64M, 1Gi'
const CPU = 'an amount of processor time such as 100m, 0.5, 2'

const resources = (field: string, given: FunctionSpec['limits'], leastBytes: number, leastNanos: number): Resources => ({
  memoryBytes: given?.memory ? within(`${field}.memory`, bytesOf(given.memory), leastBytes, 2 ** 50, MEMORY, '1024Ti', `${leastBytes / 2 ** 20}Mi`) : undefined,
  nanoCpus: given?.cpu ? within(`${field}.cpu`, nanoCpusOf(given.cpu), leastNanos, 1e15, CPU, '1000000', `${leastNanos / 1e6}m`) : undefined,
})

const within = (field: string, value: number | undefined, least: number, most: number, what: string, mostText: string, leastText = String(least)): number => {
  if (value === undefined) throw failure('INVALID_FIELD', { field, reason: `is not ${what}` })
  if (value < least || value > most) throw failure('INVALID_FIELD', { field, reason: `is not between ${leastText} and ${mostText}` })
  return value
}

const stopSignal = (given: string | undefined): string | null => {
  if (given === undefined) return null
  if (!/^SIG(TERM|INT|QUIT|HUP|USR1|USR2|CONT|WINCH|KILL)$/.test(given)) throw failure('INVALID_FIELD', { field: ANNOTATION.stopSignal, reason: 'is none of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH, SIGKILL' })
  return given
}

const health = (text: (name: string) => string | undefined, duration: (name: string, fallback: string, least: number) => number): Health | null => {
  const [path, command] = [text(ANNOTATION.healthPath), text(ANNOTATION.healthCommand)]
  const times = { intervalMs: duration(ANNOTATION.healthInterval, DEFAULT_INTERVAL, 250), startMs: duration(ANNOTATION.healthDelay, DEFAULT_START, 0) }
  if (command === 'none') return { kind: 'none' }
  if (command !== undefined) return { kind: 'command', text: command, ...times }
  if (path === undefined) return null
  if (!/^\/[\w./~%-]*$/.test(path)) throw failure('INVALID_FIELD', { field: ANNOTATION.healthPath, reason: 'is not a path such as /_/health' })
  return { kind: 'http', text: path, ...times }
}
