import { setTimeout as wait } from 'node:timers/promises'
import { redact, type RewritableStore } from '../../credentials/redact/redact.ts'
import type { Application } from '../../slot/port.ts'

/** How often the server is asked what is pending, which costs nothing, and after how long what failed is tried again, milliseconds. */
const OFTEN = { eachMs: 1_000, againMs: 60_000 }

type Erasing = { readonly prefix: string; readonly rights: RewritableStore; complain(error: unknown): void; readonly signal: AbortSignal }

/**
 * Carries out what the server erases, as the platform does for its deployments (functions/erase), one after the other. Ended
 * between the store and the server's word of it, it is done again and finds nothing more to do. Resolves after `signal`.
 */
export const eraseWhatIsPending = async (application: Pick<Application, 'report' | 'erased'>, { prefix, rights, complain, signal }: Erasing, { eachMs, againMs } = OFTEN): Promise<void> => {
  while (!signal.aborted) {
    try {
      for (const { id, object, commit } of application.report().erasures) {
        // it waits for the server to write its index anew
        if (signal.aborted || (await redact({ prefix, object, commit }, rights)).state === 'waits') break
        await application.erased(id)
      }
      await pause(eachMs, signal)
    } catch (error) {
      complain(error)
      await pause(againMs, signal)
    }
  }
  rights.store.closeSockets()
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => wait(ms, undefined, { signal }).catch(() => {})
