import { failure } from '../../../../events/errors.ts'
import type { RoutingTable } from './table.ts'

/** Calls that are held at the same time, of all functions. */
const MAX_WAITING = 1_000
/** A function of which not even a container is on its way for so long is not coming, milliseconds. */
const NOTHING_COMES_MS = 5_000
/** How often one who waits looks even if nothing changed, for replicas that are left alone for a moment, milliseconds. */
const LOOK_MS = 50
const RETRY_AFTER_SECONDS = 5

/** Where calls wait for a replica. */
export type WaitingRoom = {
  /** Calls that wait now. */
  size(): number
  /** Whether one of this function does. */
  isWaiting(functionId: string): boolean
  /** Asks `look` at every change until it finds one; `since`: when the call began, as `performance.now()` has it. @throws FUNCTION_CROWDED at once; FUNCTION_STARTING when none came in time; the signal's reason */
  wait<T>(functionId: string, look: () => T | undefined, since: number, signal: AbortSignal): Promise<T>
}

/** `patienceMs`: longest wait of one call. */
export const waitingRoom = (table: RoutingTable, patienceMs: number): WaitingRoom => {
  const waiting = new Map<() => boolean, string>()
  let looking: NodeJS.Timeout | undefined
  const lookAll = () => {
    for (const look of waiting.keys()) if (look()) waiting.delete(look)
    if (waiting.size > 0) return
    clearInterval(looking)
    looking = undefined
  }
  table.onChange(lookAll)

  return {
    size: () => waiting.size,
    isWaiting: (functionId) => [...waiting.values()].includes(functionId),
    wait: (functionId, look, since, signal) => new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error)
      if (waiting.size >= MAX_WAITING) return reject(failure('FUNCTION_CROWDED', { name: functionId, retryAfterSeconds: RETRY_AFTER_SECONDS }))
      let expected = performance.now()
      const tryNow = (): boolean => {
        if (signal.aborted) return (reject(signal.reason as Error), true)
        const found = look()
        if (found !== undefined) return (resolve(found), true)
        const now = performance.now()
        if (table.isExpected(functionId)) expected = now
        if (now - since < patienceMs && now - expected < NOTHING_COMES_MS) return false
        reject(failure('FUNCTION_STARTING', { name: functionId, retryAfterSeconds: RETRY_AFTER_SECONDS }))
        return true
      }
      if (tryNow()) return
      waiting.set(tryNow, functionId)
      looking ??= setInterval(lookAll, LOOK_MS)
    }),
  }
}
