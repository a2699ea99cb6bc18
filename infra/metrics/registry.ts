import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** All metrics of this process; docs/metrics.md says what each means. */
export const registry = new Registry()

const registers = [registry]

export const counter = <L extends string>(name: string, help: string, ...labelNames: readonly L[]): Counter<L> => new Counter({ name, help, labelNames, registers })

/** `collect` sets it when it is asked for; it is left as it was when that fails. */
export const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[], collect: (own: Gauge<L>) => void | Promise<void>): Gauge<L> =>
  new Gauge({ name, help, labelNames, registers, collect() { return collect(this) } })

/** The same for what somebody else counts: set anew each time. */
export const counterOfOthers = <L extends string>(name: string, help: string, labelNames: readonly L[], collect: (set: (labels: Record<L, string>, value: number) => void) => Promise<void>): Counter<L> =>
  new Counter({
    name, help, labelNames, registers,
    async collect() {
      const found: [Record<L, string>, number][] = []
      await collect((labels, value) => void found.push([labels, value]))
      this.reset()
      for (const [labels, value] of found) this.inc(labels, value)
    },
  })

/** Several metrics of one look: who asks while it is under way gets the same. */
export const shared = <T>(look: () => Promise<T>): (() => Promise<T>) => {
  let looking: Promise<T> | undefined
  return () => (looking ??= look().finally(() => { looking = undefined }))
}

/** Of seconds, from a fraction of a millisecond to the longest that anything here takes. */
export const seconds = <L extends string>(name: string, help: string, ...labelNames: readonly L[]): Histogram<L> =>
  new Histogram({ name, help, labelNames, registers, buckets: SECONDS })

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** CPU, memory, garbage collection and delay of the event loop, in the names that prom-client gives them in every Node process. */
export const measureProcess = (): void => collectDefaultMetrics({ register: registry })
