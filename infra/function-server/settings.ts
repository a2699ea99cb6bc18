import { durationMs, sizeBytes } from './units.ts'

/** What the environment of a function's container says about its server. Times in milliseconds; 0: no limit. */
export type Settings = {
  readonly port: number
  /** Of the interface it listens on; empty: all, as in a container. */
  readonly address: string
  /** What the function is called in its answers and logs. */
  readonly name: string
  /** Of a call, until its answer begins, and again for each piece of a stream. */
  readonly execTimeoutMs: number
  /** Until a request is here whole. */
  readonly readTimeoutMs: number
  /** After SIGTERM: how long nobody may have called until it ends. */
  readonly quietMs: number
  readonly maxBodyBytes: number
  readonly maxInFlight: number
  /** Lines of the console in a second; more are counted. */
  readonly maxLines: number
  /** Whether what the console says becomes JSON with the id of the call it belongs to. */
  readonly jsonConsole: boolean
}

type Environment = Readonly<Record<string, string | undefined>>
type Reader<T> = { readonly read: (text: string) => T | null; readonly like: string }

const duration: Reader<number> = { read: durationMs, like: 'a duration such as 10s, 1m30s or 250ms' }
const size: Reader<number> = { read: sizeBytes, like: 'a size such as 1048576, 100kb or 16Mi' }
const count: Reader<number> = { read: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : null), like: 'a whole number' }
const port: Reader<number> = { read: (text) => (/^\d{1,5}$/.test(text) && Number(text) < 65_536 ? Number(text) : null), like: 'a port, 0 to 65535' }
const format: Reader<string> = { read: (text) => (['json', 'text'].includes(text) ? text : null), like: 'json or text' }

/**
 * Names are those of OpenFaaS's watchdog where it has one. `name`: what the function is called where nobody deployed it. Read without
 * a schema library: this is bundled into every function. @throws Error naming the variable and what would be right
 */
export const readSettings = (environment: Environment, name: string): Settings => {
  const read = <T>(variable: string, { read: parse, like }: Reader<T>, otherwise: T): T => {
    const text = environment[variable]?.trim()
    if (!text) return otherwise
    const value = parse(text)
    if (value === null) throw new Error(`${variable} must be ${like}; it is "${text.slice(0, 100)}"`)
    return value
  }
  return {
    port: read('port', port, 8_080),
    address: environment['bind_address'] ?? '',
    name: environment['OPENFAAS_NAME'] || name,
    execTimeoutMs: read('exec_timeout', duration, 60_000),
    readTimeoutMs: read('read_timeout', duration, 120_000),
    quietMs: read('healthcheck_interval', duration, 2_000),
    maxBodyBytes: read('max_body_size', size, 100 * 1024 * 1024),
    maxInFlight: read('max_inflight', count, 0),
    maxLines: read('max_log_lines', count, 1_000),
    jsonConsole: read('log_format', format, 'json') === 'json',
  }
}
