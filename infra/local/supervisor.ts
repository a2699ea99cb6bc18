import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AskRoom } from '../disk/room.ts'
import { logFile } from './log-file.ts'
import { StartError, type Part } from './part.ts'
import { runOnce, startPart, type PartProcess } from './part-process.ts'
import { PATIENT, reap, type Grace } from './reap.ts'
import { gone, signal } from './processes.ts'

export type SupervisorOptions = {
  readonly dataDir: string
  readonly parts: readonly Part[]
  /** Progress, one sentence at a time. */
  readonly report: (text: string) => void
  /** Every line a part prints, beside its log file. */
  readonly onLine?: (part: string, line: string) => void
  /** While there is none deaths are not counted. */
  readonly room?: AskRoom
  /** Deaths of a part within a minute that are borne; 5 by default. */
  readonly maxDeaths?: number
  /** Waits between deaths, by how many there were of late. */
  readonly backoffMs?: (deaths: number) => number
  /** What a crash loop leads to: the end of all, or, while somebody edits the code, waiting for `restart`. */
  readonly onCrashLoop?: 'fail' | 'wait'
}

export type Supervisor = {
  /** Starts all parts, in parallel as far as they do not wait for each other. @throws StartError when one fails; then none is left */
  start(): Promise<void>
  /** Ends a part in good order and starts it again. */
  restart(name: string): Promise<void>
  /** How parts are started from now on, by their names; those that run go on as they are. */
  renew(parts: readonly Part[]): void
  /** Ends all, in order. Idempotent; the second call shortens the grace of the first. */
  stop(grace?: Grace): Promise<void>
  /** Settles with the reason when a part cannot be kept running. */
  readonly failed: Promise<StartError>
}

// a part that died so often in so long will not be better the next time
const MAX_DEATHS = 5
const WINDOW_MS = 60_000
const exponential = (deaths: number): number => Math.min(5_000, 100 * 2 ** deaths)

/** Keeps parts running: restarts those that die, with backoff, and gives up on a crash loop. */
export const createSupervisor = ({ dataDir, parts, report, onLine, room = () => 'ample', maxDeaths = MAX_DEATHS, backoffMs = exponential, onCrashLoop = 'fail' }: SupervisorOptions): Supervisor => {
  const running = new Map<string, PartProcess>()
  const newest = new Map(parts.map((part) => [part.name, part]))
  const expected = new Set<PartProcess>() // deaths that were asked for
  const waiting = new Map<string, () => void>() // parts in a crash loop, by what ends their wait
  const failure = Promise.withResolvers<StartError>()
  const stopping = new AbortController()

  const logs = new Map(parts.map(({ name }) => [name, logFile(join(dataDir, 'logs', `${name}.log`))]))
  const withTail = (name: string, text: string) =>
    new StartError(`${text}; the end of ${join(dataDir, 'logs', `${name}.log`)}:\n${logs.get(name)?.tail(20).map((line) => `  ${line}`).join('\n') ?? ''}`)

  /** One life of a part, until it serves. */
  const live = async ({ name }: Part): Promise<PartProcess> => {
    const began = Date.now()
    const part = newest.get(name)
    if (!part) throw new Error(`no part is called ${name}`)
    await part.prepare?.((launch) => {
      stopping.signal.throwIfAborted()
      return runOnce(dataDir, part, launch)
    })
    stopping.signal.throwIfAborted()
    const process = startPart(dataDir, part, (line) => {
      logs.get(part.name)?.write(line)
      onLine?.(part.name, line)
    })
    running.set(part.name, process)
    await process.ready.catch((error: unknown) => {
      signal(process.identity, 'SIGKILL') // it may be alive and never ready
      throw error
    })
    report(`${part.name} ready (${((Date.now() - began) / 1000).toFixed(1)} s)`)
    return process
  }

  /** From the death of one process on: start it again, for as long as that makes sense. */
  const keep = async (part: Part, first: PartProcess): Promise<void> => {
    const deaths: number[] = []
    for (let process: PartProcess | undefined = first; !stopping.signal.aborted; ) {
      const how: string = process ? await process.ended : 'no start'
      if (stopping.signal.aborted) return
      const asked: boolean = process ? expected.delete(process) : false
      if (!asked) {
        const full = room() === 'none' // then it says nothing about the part
        if (!full) deaths.push(Date.now())
        const recent = deaths.filter((at) => at > Date.now() - WINDOW_MS).length
        if (recent > maxDeaths && !full) {
          const error = withTail(part.name, `${part.name} ended ${recent} times within a minute (${how})`)
          if (onCrashLoop === 'fail') return failure.resolve(error)
          report(`${error.message}\n${part.name} waits for a change`)
          await new Promise<void>((resolve) => waiting.set(part.name, resolve))
          waiting.delete(part.name)
          deaths.length = 0
        } else {
          const wait = backoffMs(full ? maxDeaths : recent)
          report(`${part.name} ended (${how})${full ? '; the disk is full' : ''}; starting it again in ${wait} ms`)
          await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {}) // stopped: the loop ends
        }
      }
      process = stopping.signal.aborted ? undefined : await live(part).catch(() => running.get(part.name))
    }
  }

  const start = async (): Promise<void> => {
    const readiness = new Map<string, Promise<void>>()
    const whenReady = (part: Part): Promise<void> => {
      const known = readiness.get(part.name)
      if (known) return known
      const awaited = parts.filter(({ name }) => part.after.includes(name)).map(whenReady)
      const started = Promise.all(awaited).then(() => live(part)).then((process) => {
        void keep(part, process)
      })
      readiness.set(part.name, started)
      return started
    }
    try {
      await Promise.all(parts.map(whenReady))
    } catch (error) {
      const failedPart = parts.find(({ name }) => error instanceof StartError && error.message.startsWith(`${name} `))
      await stop()
      throw failedPart ? withTail(failedPart.name, (error as StartError).message) : error
    }
  }

  const restart = async (name: string): Promise<void> => {
    waiting.get(name)?.()
    const process = running.get(name)
    const part = parts.find((one) => one.name === name)
    if (!process || !part) return
    expected.add(process)
    signal(process.identity, part.stopSignal)
    if (!(await gone([process.identity], PATIENT.own))) signal(process.identity, 'SIGKILL')
  }

  const stop = async (grace: Grace = PATIENT): Promise<void> => {
    stopping.abort()
    await reap(dataDir, grace)
  }

  const renew = (those: readonly Part[]): void => {
    for (const part of those) if (newest.has(part.name)) newest.set(part.name, part)
  }

  return { start, restart, renew, stop, failed: failure.promise }
}
