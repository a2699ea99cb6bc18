import { parentPort } from 'node:worker_threads'
import jsonld from 'jsonld'
import { knownContext } from './context.ts'

/** What a worker is asked, and what it answers: the document in expanded form, or why it is none. */
export type Expand = { readonly json: unknown }
export type Expanded = { readonly expanded?: readonly unknown[]; readonly refused?: string }

const documentLoader = async (url: string) => {
  const context = knownContext(url)
  if (!context) throw new Error(`@context ${url} is not known here and remote contexts are never fetched`)
  return { documentUrl: url, document: { '@context': context } }
}

/** `jsonld.InvalidUrl` and the like hold what happened in `details`. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const { details } = error as Error & { readonly details?: { readonly code?: string; readonly term?: string; readonly event?: { readonly code: string; readonly details?: unknown }; readonly cause?: Error } }
  if (details?.event) return `${details.event.code}: ${JSON.stringify(details.event.details ?? null).slice(0, 300)}`
  return [details?.cause?.message ?? error.message, details?.code, details?.term].filter((part) => part !== undefined).join(' ')
}

parentPort?.on('message', ({ json }: Expand) => {
  void jsonld.expand(json, { base: null, documentLoader, safe: true }).then(
    (expanded) => parentPort?.postMessage({ expanded } satisfies Expanded),
    (error: unknown) => parentPort?.postMessage({ refused: reasonOf(error) } satisfies Expanded),
  )
})
