import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Groups what comes: everything that is there already, at most `limit`. One alone goes out after so many milliseconds as
 * `rest` says of it, at once by default; while the receiver is busy the next ones gather. `full`: as many as `limit` each, but for
 * the last: for a source that ends. Reads at most `limit` ahead. Ends, or throws, as the source does.
 * To stop early the source must be ended too (its signal): it may be waiting for something that never comes.
 */
export async function* batches<T>(
  source: AsyncIterable<T>, limit: number, { rest = () => 0, full = false }: { readonly rest?: (first: T) => number; readonly full?: boolean } = {},
): AsyncGenerator<readonly T[]> {
  const least = full ? limit : 1
  const state: State<T> = { gathered: [], ended: false, stopped: false, failure: null, came: () => {}, left: () => {} }
  void gather(source, limit, least, state)
  try {
    for (;;) {
      if (state.gathered.length < least && !state.ended) await new Promise<void>((resolve) => { state.came = resolve })
      const [first] = state.gathered
      const wait = first === undefined ? 0 : rest(first)
      if (wait > 0) await sleep(wait)
      const batch = state.gathered
      state.gathered = []
      state.left()
      if (batch.length > 0) yield batch
      else if (state.ended) break
    }
    if (state.failure) throw state.failure.error
  } finally {
    state.stopped = true
    state.left()
  }
}

type State<T> = {
  gathered: T[]
  ended: boolean
  stopped: boolean
  failure: { readonly error: unknown } | null
  came: () => void
  left: () => void
}

/** Never rejects: what the source throws is kept for the receiver. */
const gather = async <T>(source: AsyncIterable<T>, limit: number, least: number, state: State<T>): Promise<void> => {
  try {
    for await (const item of source) {
      if (state.stopped) break
      state.gathered.push(item)
      if (state.gathered.length >= least) state.came()
      if (state.gathered.length >= limit) await new Promise<void>((resolve) => { state.left = resolve })
    }
  } catch (error) {
    state.failure = { error }
  } finally {
    state.ended = true
    state.came()
  }
}
