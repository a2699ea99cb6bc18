/** What a choice is made by. */
export type Candidate = {
  /** Calls it has of this gateway now. */
  readonly inFlight: number
  /** Connections it refused in a row. */
  readonly refusals: number
  /** It is left alone until then, milliseconds of `performance.now()`. */
  readonly outUntil: number
  /** A successor of the same number starts or answers already: this one is about to be stopped. */
  readonly isSuperseded: boolean
}

/**
 * Who gets a call: least calls under way, at random among equals. One that a rolling update is about to stop only when there is no
 * other, nor one of `tried`. Undefined when none can be asked now. One that refused has one call at a time until it takes one.
 */
export const choose = <C extends Candidate>(candidates: Iterable<C>, now: number, tried: ReadonlySet<C>, random: () => number): C | undefined => {
  let best: C | undefined
  let equals = 0
  for (const candidate of candidates) {
    if (candidate.outUntil > now || (candidate.refusals > 0 && candidate.inFlight > 0)) continue
    const order = best === undefined ? -1 : badness(candidate, tried) - badness(best, tried) || candidate.inFlight - best.inFlight
    if (order > 0) continue
    equals = order < 0 ? 1 : equals + 1
    if (random() * equals < 1) best = candidate // each of n equals is it with 1/n
  }
  return best
}

const badness = <C extends Candidate>(candidate: C, tried: ReadonlySet<C>): number => (tried.has(candidate) ? 2 : 0) + (candidate.isSuperseded ? 1 : 0)

const FIRST_OUT_MS = 50
const LONGEST_OUT_MS = 1_000

/** How long one that refused so often in a row is left alone, milliseconds. */
export const outMs = (refusals: number): number => Math.min(FIRST_OUT_MS * 2 ** (refusals - 1), LONGEST_OUT_MS)
