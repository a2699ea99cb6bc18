import { z } from 'zod'
import { parseTopics, type SubscribableStream } from './topics.ts'

/** A function as `GET /system/functions` lists it; only what the dispatcher needs is read. */
export const listedFunctionSchema = z.object({
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
  annotations: z.record(z.string(), z.string()).nullish(),
})
export type ListedFunction = z.infer<typeof listedFunctionSchema>

/** A function that wants events, as its annotations say. */
export type Subscriber = {
  readonly name: string
  readonly subjects: ReadonlyMap<SubscribableStream, readonly string[]>
  /** Types it hears; undefined: all. */
  readonly types: readonly string[] | undefined
  readonly park: 'next' | 'block'
  /** Aggregates handled at the same time. */
  readonly concurrency: number
  /** Age an event must have before it is delivered, milliseconds: what nobody waits for lets go first what somebody does. */
  readonly minAgeMs: number
  /** Counted attempts until an event is parked. */
  readonly maxAttempts: number
}
/** `subscriber` is null for a function without a usable topic; `problems` are for the log. */
export type Subscribing = { readonly subscriber: Subscriber | null; readonly problems: readonly string[] }

export const DEFAULTS = { park: 'next', concurrency: 64, minAgeMs: 0, maxAttempts: 8 } as const

/**
 * Annotations: `topic` (see parseTopics), `events` (types, separated by commas; all when absent), `park` (`next`: after a parked
 * event its aggregate goes on; `block`: it waits), `concurrency`, `min-age-ms`, `max-attempts`. A value that cannot be read is reported and
 * its default holds, so that a slip in one annotation does not silence a function.
 */
export const toSubscriber = ({ name, annotations }: ListedFunction): Subscribing => {
  const given = annotations ?? {}
  const { subjects, problems: topicProblems } = parseTopics(given['topic'] ?? '')
  if (subjects.size === 0) return { subscriber: null, problems: topicProblems }
  const problems = [...topicProblems]
  const read = <T>(key: string, schema: z.ZodType<T>, fallback: T): T => {
    if (given[key] === undefined) return fallback
    const result = schema.safeParse(given[key].trim())
    if (result.success) return result.data
    problems.push(`annotation ${key} "${given[key]}" is not usable (${z.prettifyError(result.error)}); ${String(fallback)} holds`)
    return fallback
  }
  const types = (given['events'] ?? '').split(',').map((type) => type.trim()).filter(Boolean)
  const subscriber: Subscriber = {
    name,
    subjects,
    types: types.length > 0 ? types : undefined,
    park: read('park', z.enum(['next', 'block']), DEFAULTS.park),
    concurrency: read('concurrency', z.coerce.number().int().min(1).max(1_000), DEFAULTS.concurrency),
    minAgeMs: read('min-age-ms', z.coerce.number().int().min(0).max(60_000), DEFAULTS.minAgeMs),
    maxAttempts: read('max-attempts', z.coerce.number().int().min(1).max(1_000), DEFAULTS.maxAttempts),
  }
  return { subscriber, problems }
}
