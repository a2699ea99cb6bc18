import { invalidBody } from '../http/api-error.ts'
import { knownContext, remoteContext } from './context.ts'
import type { Limits } from './reader.ts'

/**
 * Checks a document before a complete processor gets it: nesting, objects, contexts wherever they are, scoped ones included, and
 * what these would make it fetch. Takes a time that grows with the document alone. @throws ApiError 400
 */
export const checkBounds = (json: unknown, limits: Limits): void => {
  const count = { nodes: 0, contexts: 0, terms: 0 }
  const pending: { readonly value: unknown; readonly depth: number; readonly isContext: boolean }[] = [{ value: json, depth: 0, isContext: false }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, depth, isContext } = next
    if (isContext && typeof value === 'string' && !knownContext(value)) throw remoteContext(value)
    if (typeof value !== 'object' || value === null) continue
    // an object with its array is one level of JSON-LD
    if (depth > 2 * limits.depth) throw invalidBody(`Nested deeper than ${limits.depth}.`)
    if (Array.isArray(value)) {
      for (const item of value) pending.push({ value: item, depth: depth + 1, isContext })
      continue
    }
    const entries = Object.entries(value)
    count.nodes += 1
    if (isContext) {
      count.contexts += 1
      count.terms += entries.length
    }
    if (count.nodes > limits.nodes + limits.contextTerms) throw invalidBody(`More than ${limits.nodes} nodes.`)
    if (count.contexts > limits.contexts || count.terms > limits.contextTerms) throw invalidBody(`More than ${limits.contexts} contexts or ${limits.contextTerms} terms.`)
    for (const [key, item] of entries) {
      if (key === '@import') throw invalidBody('@import fetches a context, and remote contexts are never fetched; send its terms inline.')
      pending.push({ value: item, depth: depth + 1, isContext: key === '@context' })
    }
  }
}
