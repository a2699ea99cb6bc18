import type { Kysely } from 'kysely'
import type { Checkpoint, ProjectorTables } from './checkpoint.ts'

/** How far a build has come: events, events a second, seconds; null when it is not known. */
export type Progress = { readonly done: number; readonly total: number | null; readonly rate: number; readonly secondsLeft: number | null }

export type Meter = {
  /** So many are left to be read; null when nobody knows. */
  left(count: number | null): void
  /** Ends the reports; the build has caught up when `caughtUp`. */
  end(caughtUp: boolean): Promise<void>
}

/** How often it is said how far it is. */
const EVERY_MS = 2_000

/**
 * Measures a catching up from where `at()` stands now, and says it in `projector.progress` and to `tell`. A report that
 * fails is given up: what it reports on fails by itself.
 */
export const meter = (db: Kysely<unknown>, at: () => Checkpoint, tell: (progress: Progress) => void): Meter => {
  const tables = db.withTables<ProjectorTables>()
  const [began, from] = [performance.now(), at().applied]
  let total: number | null = null
  let reporting: Promise<unknown> = Promise.resolve()
  const report = (): void => {
    const { made, applied: done } = at()
    const rate = (done - from) / ((performance.now() - began) / 1_000)
    tell({ done, total, rate: Math.round(rate), secondsLeft: total === null || rate === 0 ? null : Math.ceil(Math.max(0, total - done) / rate) })
    reporting = tables.updateTable('projector.checkpoint').set({ total, rate }).where('made', '=', made).execute().catch(() => undefined)
  }
  const timer = setInterval(report, EVERY_MS)
  return {
    left: (count) => { total = count === null ? null : at().applied + count },
    end: async (caughtUp) => {
      clearInterval(timer)
      await reporting
      if (caughtUp) await tables.updateTable('projector.checkpoint').set(({ fn }) => ({ total, rate: null, caught_up_at: fn('now', []) })).where('made', '=', at().made).execute()
    },
  }
}
