/** One measured row. `ratio` is ours / theirs; times in milliseconds, rates per second. */
export type Row = {
  readonly name: string
  readonly value: number
  readonly unit: 'ms' | '/s' | 'ok' | 'MiB'
  readonly floor: number | null
  readonly ratio: number | null
  readonly n: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  /** What the ratio is to be, in words, and whether it is. */
  readonly target: string
  readonly met: boolean
}

/** `events`: how many there are to rebuild a read model from. */
export type BenchOptions = { readonly events: number }

export type Bench = {
  readonly name: string
  /** What is measured, against what. */
  readonly about: string
  run(progress: (text: string) => void, options: BenchOptions): Promise<readonly Row[]>
}

/** The q-quantile (0..1) of samples, nearest rank. @throws RangeError without samples */
export const quantile = (samples: readonly number[], q: number): number => {
  if (samples.length === 0) throw new RangeError('no samples')
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN
}

type Compared = {
  readonly name: string
  readonly ours: readonly number[]
  readonly floor: readonly number[]
  /** Which quantile the target is about. */
  readonly at: 0.5 | 0.95
  /** Largest ratio that meets it. */
  readonly most: number
}

/** A row of latencies: ours against the floor, at the quantile the target names. Samples in milliseconds. */
export const latencyRow = ({ name, ours, floor, at, most }: Compared): Row => {
  const [value, base] = [quantile(ours, at), quantile(floor, at)]
  return {
    name, value, unit: 'ms', floor: base, ratio: value / base, n: ours.length,
    p50: quantile(ours, 0.5), p95: quantile(ours, 0.95), p99: quantile(ours, 0.99),
    target: `p${at * 100} <= ${most}`, met: value / base <= most,
  }
}

type Rates = { readonly name: string; readonly ours: readonly number[]; readonly floor: readonly number[]; readonly least: number }

/** A row of rates per second over several rounds: medians of both, and of ours / floor of each round, which is at least `least`. */
export const rateRow = ({ name, ours, floor, least }: Rates): Row => {
  const [value, base] = [quantile(ours, 0.5), quantile(floor, 0.5)]
  // of one round, the two met the same machine; the medians are perhaps of different moments
  const ratio = quantile(ours.map((rate, round) => rate / (floor[round] ?? Number.NaN)), 0.5)
  return { name, value, unit: '/s', floor: base, ratio, n: ours.length, p50: value, p95: null, p99: null, target: `>= ${least}`, met: ratio >= least }
}
