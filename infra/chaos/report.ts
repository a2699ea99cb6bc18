import type { Struck } from './strike.ts'

/** One promise, and every way in which it was broken. */
export type Verdict = { readonly promise: string; /** What was looked at. */ readonly seen: string; readonly broken: readonly string[] }

export type Report = {
  readonly seed: number
  readonly minutes: number
  readonly struck: Struck
  readonly done: Readonly<Record<string, number>>
  readonly verdicts: readonly Verdict[]
  readonly healedSeconds: number
  /** Where data and logs lie; null when they are gone, since nobody needs them. */
  readonly dataDir: string | null
  /** What runs it again. */
  readonly again: string
}

export const isGood = ({ verdicts }: Pick<Report, 'verdicts'>): boolean => verdicts.every(({ broken }) => broken.length === 0)

const MOST_SHOWN = 10

export const textOfReport = (report: Report): string => {
  const verdicts = report.verdicts.flatMap(({ promise, seen, broken }) => [
    `  ${broken.length === 0 ? 'kept  ' : 'BROKEN'}  ${promise} (${seen})`,
    ...broken.slice(0, MOST_SHOWN).map((what) => `            ${what}`),
    ...(broken.length > MOST_SHOWN ? [`            and ${broken.length - MOST_SHOWN} more`] : []),
  ])
  return [
    '', 'struck', ...table(report.struck), '', 'asked', ...table(report.done), '', `healed within ${report.healedSeconds.toFixed(1)} s; promises`, ...verdicts, '',
    ...(report.dataDir === null ? [] : [`data and logs: ${report.dataDir}`]),
    `again: ${report.again}`, isGood(report) ? 'every promise was kept' : 'a promise was broken', '',
  ].join('\n')
}

/** Three columns. */
const table = (counts: Readonly<Record<string, number>>): readonly string[] => {
  const cells = Object.entries(counts).map(([name, count]) => `${String(count).padStart(6)}  ${name.padEnd(30)}`)
  return Array.from({ length: Math.ceil(cells.length / 3) }, (_, row) => cells.slice(row * 3, row * 3 + 3).join(''))
}
