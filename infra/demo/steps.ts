import type { Operator } from './http.ts'
import { untilEvent, type HistoryItem } from './history.ts'

/** One step of the demo: what was done, the event it led to, when that was stored, and how long the step took. */
export type Step = {
  readonly step: string
  readonly event: string | null
  readonly at: string | null
  readonly ms: number
  readonly detail: string
}

export type Recorder = {
  readonly steps: readonly Step[]
  /** Does something and notes how long it took; `detail` comes from its result. */
  act<T>(step: string, action: () => Promise<T>, detail: (result: T) => string): Promise<T>
  /** Waits for the next event of that type, counted from the newest one seen before. */
  event(step: string, type: string, timeoutMs: number): Promise<HistoryItem>
}

/** Records the steps of one deployment and shows each as it is done. */
export const recorder = (api: Operator, idOf: () => string, show: (step: Step) => void): Recorder => {
  const steps: Step[] = []
  let seen = '0'
  const note = (step: Step) => {
    steps.push(step)
    show(step)
  }
  return {
    steps,
    act: async (step, action, detail) => {
      const began = performance.now()
      const result = await action()
      note({ step, event: null, at: null, ms: performance.now() - began, detail: detail(result) })
      return result
    },
    event: async (step, type, timeoutMs) => {
      const began = performance.now()
      const found = await untilEvent(api, idOf(), type, seen, timeoutMs)
      seen = found.position
      note({ step, event: found.type, at: found.at, ms: performance.now() - began, detail: `position ${found.position}` })
      return found
    },
  }
}
