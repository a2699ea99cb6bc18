import { z } from 'zod'
import { parseInput } from '../../functions/input.ts'

/** How often and how soon a call that nobody waits for is tried again. */
export type RetryPolicy = {
  /** The first one included. */
  readonly attempts: number
  /** Statuses that are tried again. */
  readonly codes: ReadonlySet<number>
  readonly minWaitMs: number
  readonly maxWaitMs: number
}

/** As OpenFaaS has them, but for 500: a handler that failed may have done half of its work, and says so itself when it may run again. */
const DEFAULTS = { attempts: '10', codes: '408,425,429,502,503,504', min_wait: '1s', max_wait: '2m' }
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

const duration = z
  .string()
  .regex(/^\d{1,6}(ms|s|m|h)$/, 'is not a time such as 500ms, 10s, 2m')
  .transform((text) => Number.parseInt(text, 10) * UNITS[text.replace(/^\d+/, '') as keyof typeof UNITS])
  .refine((ms) => ms <= UNITS.h * 24, 'is longer than a day')

const schema = z.object({
  'com.openfaas.retry.attempts': z.string().regex(/^([1-9]|[1-9]\d|100)$/, 'is not a number from 1 to 100').default(DEFAULTS.attempts).transform(Number),
  'com.openfaas.retry.codes': z.string().regex(/^\s*([45]\d\d\s*(,\s*[45]\d\d\s*)*)?$/, 'is not a list of statuses from 400 to 599').default(DEFAULTS.codes)
    .transform((text) => new Set(text.split(',').map((code) => Number(code.trim())))),
  'com.openfaas.retry.min_wait': duration.prefault(DEFAULTS.min_wait),
  'com.openfaas.retry.max_wait': duration.prefault(DEFAULTS.max_wait),
})

/** The policy that a function's annotations ask for. @throws INVALID_FIELD naming the annotation */
export const retryPolicyOf = (annotations: Readonly<Record<string, string>>): RetryPolicy => {
  const given = parseInput(schema, annotations)
  return {
    attempts: given['com.openfaas.retry.attempts'], codes: given['com.openfaas.retry.codes'],
    minWaitMs: given['com.openfaas.retry.min_wait'], maxWaitMs: given['com.openfaas.retry.max_wait'],
  }
}

/** Twice as long each time, spread so that many do not come back at once; as long as was asked for where that is longer. */
export const waitMs = ({ minWaitMs, maxWaitMs }: Pick<RetryPolicy, 'minWaitMs' | 'maxWaitMs'>, attempt: number, askedMs: number | null, random = Math.random): number =>
  Math.min(maxWaitMs, Math.max(minWaitMs * 2 ** Math.min(attempt - 1, 30), askedMs ?? 0)) * (0.75 + random() / 4)
