import { AsyncLocalStorage } from 'node:async_hooks'

/** What goes on now belongs to this trace, and to the story of this correlation id where there is one. `cause`: id of the event or request it is done for. */
export type Current = { readonly traceparent: string; readonly correlationId?: string | undefined; readonly cause?: string | undefined }

const storage = new AsyncLocalStorage<Current>()

export const currentTrace = (): Current | undefined => storage.getStore()

/** Whatever `work` does, however deep, belongs to the trace. */
export const inTrace = <T>(trace: Current, work: () => T): T => storage.run(trace, work)
