import { setTimeout as sleep } from 'node:timers/promises'

export type Patience = {
  /** Attempts in all; 5 by default. */
  readonly attempts?: number
  /** Before the second attempt, milliseconds, and twice as long before each that follows; 250 by default. `Retry-After` goes before it. */
  readonly firstWaitMs?: number
  /** When `Retry-After` asks for longer, milliseconds, the answer is given back instead; 30,000 by default. */
  readonly longestWaitMs?: number
}

/** They pass by themselves: too many, bad gateway, unavailable, gateway timeout (RFC 9110, section 15; RFC 6585, section 4). */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504])

type Answered = { readonly status: number; readonly headers: Readonly<Record<string, string>> }

/**
 * Does it again while it does not get through (it rejects) or is answered that it passes; waits in between as the answer asks for.
 * `once` must be harmless to repeat. @throws what the last attempt threw, and the reason of an aborted `signal`
 */
export const patiently = async <A extends Answered>(once: () => Promise<A>, { attempts = 5, firstWaitMs = 250, longestWaitMs = 30_000 }: Patience, signal?: AbortSignal): Promise<A> => {
  for (let attempt = 1; ; attempt += 1) {
    const backoff = firstWaitMs * 2 ** (attempt - 1)
    const wait = await once().then(
      (answer) => {
        const asked = PASSING.has(answer.status) && attempt < attempts ? (retryAfterMs(answer.headers['retry-after']) ?? backoff) : Infinity
        return asked > longestWaitMs ? { answer } : { ms: asked }
      },
      (error: unknown) => {
        if (attempt >= attempts || signal?.aborted) throw error
        return { ms: backoff }
      },
    )
    if ('answer' in wait) return wait.answer
    await sleep(wait.ms, undefined, signal ? { signal } : {})
  }
}

/** `Retry-After` (RFC 9110, section 10.2.3) in milliseconds from now: seconds or a date; undefined for anything else. */
export const retryAfterMs = (value: string | undefined, nowMs = Date.now()): number | undefined => {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
