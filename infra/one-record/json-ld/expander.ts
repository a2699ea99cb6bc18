import { Worker } from 'node:worker_threads'
import { ApiError, invalidBody, TITLES, unavailable } from '../http/api-error.ts'
import type { Expand, Expanded } from './expand-worker.ts'

/** Expands JSON-LD with a complete processor. @throws ApiError 400 | 503 */
export type Expander = { expand(json: unknown): Promise<unknown>; /** Ends the worker, when nothing is under way. */ rest(): Promise<void> }
export type ExpanderOptions = { readonly answerWithinMs: number; readonly mostWaiting: number; readonly idleMs: number }

const DEFAULTS: ExpanderOptions = { answerWithinMs: 5_000, mostWaiting: 16, idleMs: 30_000 }

/** Memory of the worker, MB: a document is bounded before it comes here (bounds.ts). */
const MEMORY = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }

/** The worker as it runs here: from sources, or beside the slot's one file (infra/slot/bundle.ts). */
export const WORKER_FILE = 'slot-json-ld.mjs'
const workerUrl = (): URL => new URL(import.meta.url.endsWith('.ts') ? './expand-worker.ts' : `./${WORKER_FILE}`, import.meta.url)

/**
 * A processor in a thread of its own: what a document makes of its time and memory ends with the thread, and never blocks the
 * server. The thread begins with the first document that needs it and ends when none came for a while; one document at a time.
 */
export const newExpander = (given: Partial<ExpanderOptions> = {}): Expander => {
  const { answerWithinMs, mostWaiting, idleMs } = { ...DEFAULTS, ...given }
  let worker: Worker | null = null
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let idle: NodeJS.Timeout | undefined

  const end = async (): Promise<void> => {
    clearTimeout(idle)
    const ending = worker
    worker = null
    await ending?.terminate()
  }
  const begin = (): Worker => {
    const thread = new Worker(workerUrl(), { resourceLimits: MEMORY })
    // whoever waits hears of it too; with nobody waiting it is only gone
    thread.on('error', () => {
      if (worker === thread) worker = null
    })
    worker = thread
    return thread
  }
  const ask = (json: unknown): Promise<unknown> => {
    clearTimeout(idle)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const thread = worker ?? begin()
    thread.ref()
    const late = setTimeout(() => {
      reject(invalidBody(`Reading this document takes longer than ${answerWithinMs / 1_000} s, the limit here; send it expanded, or with a plainer @context.`))
      void end()
    }, answerWithinMs)
    const answered = ({ expanded, refused }: Expanded) => (expanded ? resolve(expanded) : reject(invalidBody(`This is no JSON-LD that can be kept whole: ${refused ?? ''}.`)))
    const failed = (error: Error & { readonly code?: string }) => {
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? invalidBody('Reading this document takes more memory than there is for it.') : new ApiError(500, TITLES.internal, 'The reader of this document failed.'))
    }
    thread.once('message', answered).once('error', failed)
    thread.postMessage({ json } satisfies Expand)
    return promise.finally(() => {
      clearTimeout(late)
      thread.off('message', answered).off('error', failed).unref()
      idle = setTimeout(() => void end(), idleMs).unref()
    })
  }
  return {
    expand: async (json) => {
      if (waiting >= mostWaiting) throw unavailable('Too many documents of this kind are being read at the same time.')
      waiting += 1
      const mine = last.then(() => ask(json))
      last = mine.catch(() => {})
      return mine.finally(() => (waiting -= 1))
    },
    rest: end,
  }
}
