/** Where a function's server is in its life. */
export type Readiness = {
  /** `loading`: it listens, the handler is not there yet. `draining`: it ends as soon as nobody waits for an answer. */
  state(): 'loading' | 'ready' | 'draining'
  set(state: 'ready' | 'draining'): void
  /** Resolves when the state is another, after `ms` at the latest. */
  changed(ms: number): Promise<void>
}

export const readiness = (): Readiness => {
  let state: ReturnType<Readiness['state']> = 'loading'
  const waiting = new Set<() => void>()
  return {
    state: () => state,
    set: (next) => {
      state = next
      for (const wake of waiting) wake()
    },
    changed: (ms) => new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      waiting.add(wake)
    }),
  }
}
