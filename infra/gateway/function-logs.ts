import { AsyncLocalStorage } from 'node:async_hooks'
import { hearLines } from '../log.ts'

/** One line, as `GET /system/logs` tells it. */
export type LogLine = { readonly name: string; readonly namespace: string; readonly instance: string; readonly timestamp: string; readonly text: string }

export type LogQuery = {
  readonly id: string
  /** How many of the lines there are; all when it is negative or undefined. */
  readonly tail?: number | undefined
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined
  readonly follow: boolean
  readonly signal: AbortSignal
}

/** The newest lines of each function, in memory: what it logged while it was called, and a line for each call. */
export type FunctionLogs = {
  /** What `work` logs, however deep, belongs to the function. */
  during<T>(id: string, work: () => T): T
  add(id: string, text: string): void
  /** Lines as they are asked for; null now and then where there is nothing new, so that who is gone is noticed. */
  read(query: LogQuery): AsyncGenerator<LogLine | null>
  /** Drops the lines of a function that is no more. */
  forget(id: string): void
  /** Ends all who follow. */
  close(): void
}

/** Kept of each function; older ones go. */
const MAX_LINES = 1_000
/** Longer lines are cut, characters. */
const MAX_TEXT = 4_096
const HEARTBEAT_MS = 15_000

export const functionLogs = (instance: string): FunctionLogs => {
  const current = new AsyncLocalStorage<string>()
  const rings = new Map<string, LogLine[]>()
  const followers = new Set<{ readonly id: string; readonly push: (line: LogLine) => void; readonly end: () => void }>()

  const add = (id: string, text: string) => {
    const dot = id.indexOf('.')
    const line = { name: id.slice(0, dot), namespace: id.slice(dot + 1), instance, timestamp: new Date().toISOString(), text: text.trimEnd().slice(0, MAX_TEXT) }
    const ring = rings.get(id) ?? []
    rings.set(id, ring)
    ring.push(line)
    if (ring.length > MAX_LINES) ring.shift()
    for (const follower of followers) if (follower.id === id) follower.push(line)
  }
  hearLines((text) => {
    const id = current.getStore()
    if (id !== undefined) add(id, text)
  })

  const stored = ({ id, tail = -1, since = 0 }: LogQuery): readonly LogLine[] => {
    const lines = (rings.get(id) ?? []).filter(({ timestamp }) => Date.parse(timestamp) >= since)
    return tail < 0 ? lines : lines.slice(Math.max(0, lines.length - tail))
  }

  async function* read(query: LogQuery): AsyncGenerator<LogLine | null> {
    const waiting: LogLine[] = []
    let wake = Promise.withResolvers<void>()
    let isOver = query.signal.aborted
    const end = () => ((isOver = true), wake.resolve())
    const push = (line: LogLine) => {
      waiting.push(line)
      if (waiting.length > MAX_LINES) waiting.shift() // who reads too slowly misses the oldest
      wake.resolve()
    }
    const follower = { id: query.id, push, end }
    query.signal.addEventListener('abort', end, { once: true })
    if (query.follow) followers.add(follower)
    try {
      yield* stored(query)
      while (query.follow && !isOver) {
        const beat = setTimeout(() => wake.resolve(), HEARTBEAT_MS)
        await wake.promise
        clearTimeout(beat)
        wake = Promise.withResolvers<void>()
        if (waiting.length === 0 && !isOver) yield null
        yield* waiting.splice(0)
      }
    } finally {
      followers.delete(follower)
      query.signal.removeEventListener('abort', end)
    }
  }

  return {
    during: (id, work) => current.run(id, work),
    add, read,
    forget: (id) => void rings.delete(id),
    close: () => followers.forEach(({ end }) => end()),
  }
}
