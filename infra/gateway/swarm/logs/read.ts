import type { IncomingMessage } from 'node:http'
import type { LogLine, LogQuery } from '../../function-logs.ts'
import { statusOf, type Engine } from '../engine.ts'
import { serviceName } from '../labels.ts'
import { frames } from './frames.ts'
import { lineOf } from './line.ts'
import { inOrder, newest } from './order.ts'

/** More of the newest lines than these are read in order of their coming. */
const MAX_TAIL = 10_000
/** Logs that are there are told at once: where nothing came for so long a node does not answer, milliseconds. */
const QUIET_MS = 5_000
const HEARTBEAT_MS = 15_000
/** Clocks of nodes differ by so much at most: lines of that time are asked for twice and told once, milliseconds. */
const SKEW_MS = 2_000

type Asked = { readonly follow: boolean; readonly tail: number; readonly sinceMs: number; readonly quietMs: number }

/** Logs of functions' services: of all replicas, on whichever node, and of those that ended as long as the Swarm keeps them. */
export const serviceLogs = (engine: Engine, scope: string) => {
  const closing = new AbortController()

  /** The engine's answer as lines; null when nothing came for a while. What there is not has no lines. */
  async function* ask(id: string, { follow, tail, sinceMs, quietMs }: Asked, signal: AbortSignal): AsyncGenerator<LogLine | null> {
    const stream = await open(engine, `/services/${serviceName(scope, id)}/logs?`, {
      follow, stdout: true, stderr: true, timestamps: true, details: true, tail: tail < 0 ? 'all' : String(tail), since: (sinceMs / 1_000).toFixed(9),
    })
    if (!stream) return
    const end = () => stream.destroy()
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    const pieces = frames(stream)
    let next = pieces.next()
    try {
      for (;;) {
        const piece = await inTime(next, quietMs)
        if (piece === null) {
          yield null
          continue
        }
        if (piece.done === true) return
        next = pieces.next()
        yield lineOf(piece.value, id, new Date())
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      next.catch(() => {}) // the stream was ended here
      signal.removeEventListener('abort', end)
      end()
    }
  }

  /** Those that are there, as far as all nodes tell theirs. */
  async function* present(id: string, tail: number, sinceMs: number, signal: AbortSignal): AsyncGenerator<LogLine> {
    for await (const line of ask(id, { follow: false, tail, sinceMs, quietMs: QUIET_MS }, signal)) {
      if (line === null) return
      yield line
    }
  }

  async function* read({ id, tail = -1, since = 0, follow, signal }: LogQuery): AsyncGenerator<LogLine | null> {
    const over = AbortSignal.any([signal, closing.signal])
    const began = Date.now()
    const told = new Map<string, string>()
    async function* noted(lines: AsyncIterable<LogLine>): AsyncGenerator<LogLine> {
      for await (const line of lines) {
        told.set(line.instance, line.timestamp)
        yield line
      }
    }
    const count = Math.min(tail, MAX_TAIL)
    if (tail !== 0) {
      const there = noted(present(id, count, since, over))
      yield* count < 0 ? inOrder(there) : await newest(there, count)
    }
    if (!follow || over.aborted) return
    const from = Math.max(since, tail === 0 ? began : began - SKEW_MS)
    for await (const line of ask(id, { follow: true, tail: -1, sinceMs: from, quietMs: HEARTBEAT_MS }, over)) {
      if (line === null || line.timestamp > (told.get(line.instance) ?? '')) yield line
    }
  }
  return { read, close: () => closing.abort() }
}

/** A request whose answer is read as it comes; null for what is not there. */
const open = (engine: Engine, path: string, options: Readonly<Record<string, unknown>>): Promise<IncomingMessage | null> =>
  new Promise((resolve, reject) => {
    engine.modem.dial({ path, method: 'GET', options, isStream: true, statusCodes: { 200: true, 404: 'no such service' } }, (error: unknown, stream?: unknown) => {
      if (statusOf(error) === 404) resolve(null)
      else if (error) reject(error as Error)
      else resolve(stream as IncomingMessage)
    })
  })

const inTime = async <T>(work: Promise<T>, ms: number): Promise<T | null> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => { timer = setTimeout(resolve, ms, null) })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
