import fc from 'fast-check'

/** At a time, so that a long run holds few. */
const AT_ONCE = 500

/** As many values of an arbitrary; the same for the same seed. */
export function* samples<T>(arbitrary: fc.Arbitrary<T>, count: number, seed: number): Generator<T> {
  for (let made = 0; made < count; made += AT_ONCE) yield* fc.sample(arbitrary, { numRuns: Math.min(AT_ONCE, count - made), seed: seed + made })
}
