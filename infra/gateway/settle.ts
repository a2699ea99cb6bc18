import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import type { Registry } from './registry.ts'

/** From the end of one round to the next, milliseconds: what somebody removed by hand is back after that. */
const EVERY_MS = 10_000

/** Holds what runs against what is wanted, at the start and ever after, as long as this gateway lives. */
export const settleOften = (registry: Pick<Registry, 'settle'>, ready: Promise<void>, log: Log): { close(): Promise<void> } => {
  const ending = new AbortController()
  const { signal } = ending
  let round: Promise<void> = Promise.resolve()
  void ready.then(async () => {
    while (!signal.aborted) {
      await (round = registry.settle().catch((error: unknown) => log.warn({ err: error }, 'what runs could not be held against what is wanted')))
      await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => {}) // the end comes while it waits
    }
  })
  return {
    close: () => {
      ending.abort()
      return round
    },
  }
}
