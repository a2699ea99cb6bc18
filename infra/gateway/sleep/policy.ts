import { failure } from '../../../events/errors.ts'
import type { FunctionSpec } from '../function-spec.ts'
import { millisecondsOf } from '../swarm/services/quantities.ts'

/** Label, or annotation, of a function that sleeps while nobody calls it, and after how long, as OpenFaaS Pro has them. */
const ZERO = 'com.openfaas.scale.zero'
const DURATION = 'com.openfaas.scale.zero-duration'
const DEFAULT_MS = 15 * 60_000
const LEAST_MS = 5_000
const MOST_MS = 7 * 86_400_000

/** After how many milliseconds without a call a function goes to sleep; null: never. @throws INVALID_FIELD */
export const idleMs = ({ labels, annotations }: Pick<FunctionSpec, 'labels' | 'annotations'>): number | null => {
  const text = (name: string) => (labels[name] ?? annotations[name])?.trim()
  if (text(ZERO) !== 'true') return null
  const given = text(DURATION)
  if (given === undefined || given === '') return DEFAULT_MS
  const ms = millisecondsOf(given)
  if (ms === undefined || ms < LEAST_MS || ms > MOST_MS) {
    throw failure('INVALID_FIELD', { field: `labels.${DURATION}`, reason: `${given} is not a time such as 30s, 5m or 1h30m, from 5s to 168h` })
  }
  return ms
}
