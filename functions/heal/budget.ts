import type { HealSettings } from '../../infra/platform/port.ts'

/** How many instances were given up in the minute that began then; it travels from sweep to sweep. */
export type Spent = { readonly since: string; readonly count: number }

export type Budget = { /** Whether one more may be given up now; counts it. */ take(): boolean; spent(): Spent | null }

const MINUTE_MS = 60_000

/** So many in a sweep, so many in a minute: a node's slots come up elsewhere one after the other, not all at once. */
export const budgetOf = (before: Spent | null, at: string, { movesPerSweep, movesPerMinute }: Pick<HealSettings, 'movesPerSweep' | 'movesPerMinute'>): Budget => {
  const current = before && Date.parse(at) - Date.parse(before.since) < MINUTE_MS ? before : null
  const left = Math.min(movesPerSweep, movesPerMinute - (current?.count ?? 0))
  let taken = 0
  return {
    take: () => taken < left && (taken += 1) > 0,
    spent: () => (taken === 0 ? current : { since: current?.since ?? at, count: (current?.count ?? 0) + taken }),
  }
}
