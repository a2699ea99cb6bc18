// npm test: checks, then every kind of test, then one summary.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import { conformancePage } from '../one-record/conformance/page.ts'
import { hindrance } from '../testbed/requirements.ts'
import { contractTable } from './contract-table.ts'
import { coverageOutcome, coverageSummary, hookErrors, isGood, outcomeOf, summary, vitestReport, type Outcome, type VitestReport } from './report.ts'

const CHECKS = ['types', 'lint', 'unused'] as const
const KINDS = ['unit', 'integration', 'e2e'] as const
/** Kinds that run when they are asked for by name alone. */
const ON_REQUEST = ['swarm'] as const
type Kind = (typeof KINDS | typeof ON_REQUEST)[number]
const HELP = `npm test [-- what ...]: types, lint, unused code, then unit, integration and end-to-end tests.

  what   any of: checks ${KINDS.join(' ')}, all by default; and ${ON_REQUEST.join(' ')}

Unit tests are pure, integration tests run real servers, end-to-end tests the whole playground; each on free ports of loopback.
Tests on a Swarm bring a test bed up (npm run testbed -- --help), or use the one that TESTBED names; they are skipped where there can be none.
Coverage of events/ must reach 95 % of lines and of branches. Exits with 1 when anything failed, when a kind ran no test, and,
where the variable CI is set, when a test was skipped. The last line is \`N passed, N failed\`.
`

/** What vitest reported of each kind. */
const reports: VitestReport[] = []
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const folder = mkdtempSync(join(tmpdir(), 'orp-test-run-'))

/** Runs a command of node_modules/.bin to its end. Resolves to its exit code; a quiet one shows its output only if it failed. */
const command = (name: string, args: readonly string[], { quiet }: { readonly quiet: boolean }): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(join('node_modules', '.bin', name), args, { stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'] })
    const output: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk))
    child.once('error', reject).once('close', (code) => {
      if (code !== 0) process.stdout.write(Buffer.concat(output))
      resolve(code ?? 1)
    })
  })

const timed = async <T>(work: () => Promise<T>): Promise<readonly [T, number]> => {
  const began = performance.now()
  return [await work(), (performance.now() - began) / 1000]
}

const check = async (script: (typeof CHECKS)[number]): Promise<Outcome> => {
  say(`\n--- ${script}`)
  const [name = '', ...args] = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts[script]?.split(' ') ?? []
  const [code, seconds] = await timed(() => command(name, args, { quiet: true }))
  say(code === 0 ? `${script}: good (${seconds.toFixed(1)} s)` : `${script}: failed with code ${code}`)
  return { name: script, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [], seconds, notes: [] }
}

const tests = async (kind: Kind): Promise<readonly Outcome[]> => {
  say(`\n--- ${kind} tests`)
  const without = kind === 'swarm' ? hindrance() : null
  if (without !== null) return [notRun(kind, without)]
  const report = join(folder, `${kind}.json`)
  process.env['HOOK_ERRORS'] = join(folder, `${kind}.hooks.json`)
  const coverage = kind === 'unit' ? ['--coverage.enabled', '--coverage.reportOnFailure', '--coverage.reporter=json-summary', '--coverage.reporter=text', `--coverage.reportsDirectory=${join(folder, 'coverage')}`] : []
  const [, seconds] = await timed(() =>
    command('vitest', ['run', '--project', kind, '--passWithNoTests', '--reporter=default', '--reporter=json', '--reporter=./infra/testing/hook-errors.ts', `--outputFile.json=${report}`, ...coverage], { quiet: false }))
  const reported = read(report, vitestReport)
  if (reported) reports.push(reported)
  const outcome = outcomeOf(kind, reported, seconds, read(process.env['HOOK_ERRORS'], hookErrors) ?? [])
  return kind === 'unit' ? [outcome, coverageOutcome(read(join(folder, 'coverage', 'coverage-summary.json'), coverageSummary))] : [outcome]
}

/** Of what this machine cannot run: one that did not run, which in CI is one that failed. */
const notRun = (name: Kind, why: string): Outcome => {
  say(`${name} tests do not run here: ${why}`)
  return { name, passed: 0, failed: 0, skipped: [`all of them: ${why}`], seconds: 0, notes: [] }
}

/** Writes the conformance page; what it could not show is a failure. */
const conformance = (): Outcome => {
  const { page, missing } = conformancePage(reports)
  writeFileSync('docs/conformance.md', page)
  return { name: 'conformance', passed: missing.length === 0 ? 1 : 0, failed: missing.length === 0 ? 0 : 1, skipped: [], seconds: 0, notes: missing.map((id) => `not shown: requirement ${id} (docs/conformance.md)`) }
}

const read = <T extends z.ZodType>(path: string, schema: T): z.infer<T> | null => (existsSync(path) ? schema.parse(JSON.parse(readFileSync(path, 'utf8'))) : null)

const run = async (what: readonly string[]): Promise<number> => {
  const outcomes: Outcome[] = []
  if (what.length === 0 || what.includes('checks')) for (const script of CHECKS) outcomes.push(await check(script))
  for (const kind of KINDS) if (what.length === 0 || what.includes(kind)) outcomes.push(...(await tests(kind)))
  for (const kind of ON_REQUEST) if (what.includes(kind)) outcomes.push(...(await tests(kind)))
  const table = contractTable(reports)
  if (table !== '') say(`\n${table}`)
  // a run of a part shows nothing of the rest
  if (KINDS.every((kind) => what.length === 0 || what.includes(kind))) outcomes.push(conformance())
  say(summary(outcomes))
  return isGood(outcomes, { ci: Boolean(process.env['CI']) }) ? 0 : 1
}

const what = process.argv.slice(2)
const unknown = what.filter((word) => !['checks', ...KINDS, ...ON_REQUEST].includes(word))
if (what.includes('--help') || what.includes('-h')) say(HELP.trimEnd())
else if (unknown.length > 0) {
  process.stderr.write(`${unknown.join(' ')}: not known\n\n${HELP}`)
  process.exitCode = 1
} else {
  try {
    process.exitCode = await run(what)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
