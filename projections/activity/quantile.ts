/** The smallest sample that at least the share `q` (0 to 1) of all samples does not exceed (nearest rank); null without samples. */
export const quantile = (samples: readonly number[], q: number): number | null =>
  samples.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(q * samples.length) - 1)] ?? null
