import { AsyncLocalStorage } from 'node:async_hooks'

/** A call under way: whatever runs, logs or goes wrong within it, however deep, finds it here. */
export type Call = {
  readonly id: string
  /** Ends it with an error: nothing else will answer. */
  readonly fail: (error: unknown) => void
}

const storage = new AsyncLocalStorage<Call>()

export const currentCall = (): Call | undefined => storage.getStore()

export const duringCall = <T>(call: Call, work: () => T): T => storage.run(call, work)
