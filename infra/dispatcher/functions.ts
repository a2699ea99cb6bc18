import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Log } from '../log.ts'
import { listedFunctionSchema, type ListedFunction } from './subscriber.ts'

/** Its credentials are those of every other one. */
export type Gateway = { readonly url: string; readonly user: string; readonly password: string }

/** Longest wait for the list, milliseconds. */
const LIST_TIMEOUT_MS = 5_000
/** Longest pause after failures, milliseconds: at a start everybody waits for everybody. */
const RETRY_CAP_MS = 500

/** The functions the gateway holds. One that cannot be read is reported and left out. @throws Error when the gateway does not answer 200 */
export const listFunctions = async (gateway: Gateway, log: Log): Promise<readonly ListedFunction[]> => {
  const authorization = `Basic ${Buffer.from(`${gateway.user}:${gateway.password}`).toString('base64')}`
  const answer = await fetch(`${gateway.url}/system/functions`, { headers: { authorization }, signal: AbortSignal.timeout(LIST_TIMEOUT_MS) })
  if (!answer.ok) throw new Error(`the gateway answers ${answer.status} to the list of functions`)
  return z.array(z.unknown()).parse(await answer.json()).flatMap((entry) => {
    const result = listedFunctionSchema.safeParse(entry)
    if (!result.success) log.error({ reason: z.prettifyError(result.error) }, 'a function in the gateway\'s list cannot be read')
    return result.success ? [result.data] : []
  })
}

export type Refreshing = {
  /** Something may have changed: look as soon as the look under way, if any, is over. */
  look(): void
  /** Resolves when the first look has succeeded. */
  readonly first: Promise<void>
  close(): Promise<void>
}

/**
 * Keeps looking: at start, at each `look()`, every `everyMs` as a safety net; after a failure sooner, with backoff, until it
 * succeeds. One look at a time; any number of calls during one make one more.
 */
export const keepLooking = (lookOnce: () => Promise<void>, everyMs: number, log: Log): Refreshing => {
  const closing = new AbortController()
  const first = Promise.withResolvers<void>()
  let wake = new AbortController()
  const look = () => wake.abort()

  const run = async (): Promise<void> => {
    for (let failures = 0, said = ''; !closing.signal.aborted; ) {
      wake = new AbortController()
      try {
        await lookOnce()
        ;[failures, said] = [0, '']
        first.resolve()
      } catch (error) {
        failures += 1
        const reason = error instanceof Error ? error.message : String(error)
        if (reason !== said) log.warn({ reason }, 'the functions cannot be followed yet; trying on')
        said = reason
      }
      const pauseMs = failures === 0 ? everyMs : Math.min(RETRY_CAP_MS, 50 * 2 ** failures) * (0.5 + Math.random() / 2)
      await sleep(pauseMs, undefined, { signal: AbortSignal.any([wake.signal, closing.signal]) }).catch(() => {}) // cut short
    }
  }
  const running = run()
  return {
    look,
    first: first.promise,
    close: () => (closing.abort(), running),
  }
}
