import { z } from 'zod'

/** One part of a test run: a check (types, lint, ...) or all tests of a kind. */
export type Outcome = {
  readonly name: string
  readonly passed: number
  readonly failed: number
  /** Names of tests that did not run. */
  readonly skipped: readonly string[]
  readonly seconds: number
  /** Why it failed, beside what was printed while it ran. */
  readonly notes: readonly string[]
}

/** What is read of vitest's json reporter. */
export const vitestReport = z.object({
  success: z.boolean(),
  testResults: z.array(z.object({
    name: z.string(),
    status: z.string(),
    message: z.string().optional(),
    assertionResults: z.array(z.object({ fullName: z.string(), ancestorTitles: z.array(z.string()), status: z.string(), failureMessages: z.array(z.string()).optional() })),
  })),
})
export type VitestReport = z.infer<typeof vitestReport>

/** Errors of hooks: vitest's json reporter leaves out those around a group of tests (hook-errors.ts writes them). */
export const hookErrors = z.array(z.object({ file: z.string(), group: z.string(), message: z.string() }))
type HookErrors = z.infer<typeof hookErrors>

/**
 * Counts the tests of a kind. A file that fails outside its tests (an import, a hook) is one failure, and so is a run in which
 * nothing failed and which yet did not succeed, or in which no test ran.
 */
export const outcomeOf = (name: string, report: VitestReport | null, seconds: number, hooks: HookErrors = []): Outcome => {
  if (!report) return { name, passed: 0, failed: 1, skipped: [], seconds, notes: ['vitest left no report'] }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const having = (...statuses: readonly string[]) => tests.filter(({ status }) => statuses.includes(status))
  const broken = report.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'))
  const passed = having('passed').length
  const failures = [
    ...broken.map((file) => `${file.name} failed outside its tests: ${firstLine(file.message) || hooks.filter((each) => each.file === file.name).map(({ group, message }) => `${group}: ${firstLine(message)}`).join('; ')}`),
    ...(tests.length === 0 ? ['no test ran'] : []),
  ]
  const failed = having('failed').length + failures.length
  const unexplained = !report.success && failed === 0 ? ['vitest reports an error outside the tests; see above'] : []
  return {
    name, passed, failed: failed + unexplained.length, seconds,
    skipped: having('skipped', 'pending', 'todo', 'disabled').map(({ fullName }) => fullName),
    notes: [...having('failed').map(({ fullName, failureMessages }) => `failed: ${fullName}: ${firstLine(failureMessages?.[0])}`), ...failures, ...unexplained],
  }
}

const firstLine = (text = ''): string => text.split('\n')[0] ?? ''

const covered = z.object({ pct: z.number() })
export const coverageSummary = z.object({ total: z.object({ lines: covered, branches: covered }) })
export const COVERAGE_PERCENT = 95

/** Lines and branches of `events/`, each at least 95 %. */
export const coverageOutcome = (summary: z.infer<typeof coverageSummary> | null): Outcome => {
  const [lines, branches] = [summary?.total.lines.pct ?? 0, summary?.total.branches.pct ?? 0]
  const enough = lines >= COVERAGE_PERCENT && branches >= COVERAGE_PERCENT
  const note = `events/: ${lines} % of lines, ${branches} % of branches${enough ? '' : `; at least ${COVERAGE_PERCENT} % of each is asked for`}`
  return { name: 'coverage', passed: enough ? 1 : 0, failed: enough ? 0 : 1, skipped: [], seconds: 0, notes: [note] }
}

/** A table, a line for each outcome, and as the very last line `N passed, N failed[, N skipped]`. */
export const summary = (outcomes: readonly Outcome[]): string => {
  const cells = outcomes.map(({ name, passed, failed, skipped, seconds }) =>
    `  ${name.padEnd(12)}${String(passed).padStart(6)} passed${String(failed).padStart(5)} failed${String(skipped.length).padStart(5)} skipped${seconds.toFixed(1).padStart(9)} s`)
  const notes = outcomes.flatMap(({ name, notes }) => notes.map((note) => `  ${name}: ${note}`))
  const skips = outcomes.flatMap(({ name, skipped }) => [
    ...skipped.filter((test) => reasonOf(test) === undefined).map((test) => `  ${name}: skipped: ${test}`),
    ...Object.values(NOT_RUN).flatMap((reason) => {
      const count = skipped.filter((test) => reasonOf(test) === reason).length
      return count === 0 ? [] : [`  ${name}: ${count} skipped, ${reason}`]
    }),
  ])
  return ['', ...cells, ...[...notes, ...skips].flatMap((line, n) => (n === 0 ? ['', line] : [line])), '', lastLine(outcomes)].join('\n')
}

const lastLine = (outcomes: readonly Outcome[]): string => {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0)
  const skipped = sum((outcome) => outcome.skipped.length)
  return `${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** What may be left out, and says why in its name: programs that not everybody has. */
export const NOT_RUN = { eventStoreDb: 'not run: EVENTSTORE_URL names no server', faasCli: 'not run: there is no faas-cli on the PATH' } as const

const reasonOf = (test: string): string | undefined => Object.values(NOT_RUN).find((reason) => test.includes(reason))

/** Whether the run as a whole is good. In CI any other skipped test is not: what was meant to be seen was not. */
export const isGood = (outcomes: readonly Outcome[], { ci }: { readonly ci: boolean }): boolean =>
  outcomes.length > 0 && outcomes.every(({ failed, skipped }) => failed === 0 && (!ci || skipped.every((name) => reasonOf(name) !== undefined)))
