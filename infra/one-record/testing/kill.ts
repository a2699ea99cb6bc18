import { parseArgs } from 'node:util'
import { killRun, type KillPlan } from './kill-run.ts'
import { startStore } from './store.ts'

const HELP = `npm run test:kill:one-record [-- --seed N] [--writes N] [--kills N] [--concurrency N]

Writes to a ONE Record server that is killed (SIGKILL) at random moments and started again with the next epoch. At the end every
write that was answered with 201 must be there, once, and every object's history without a gap.

--seed N         the same seed draws the same moments (default: from the clock)
--writes N       until so many were answered (5,000)
--kills N        how often it is killed meanwhile (40)
--concurrency N  writers at the same time (16)
Exit code: 0 all is well, 1 something was lost or is there twice, 2 usage.
`

const readPlan = (args: readonly string[]): KillPlan | null => {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: 'string' }, writes: { type: 'string', default: '5000' }, kills: { type: 'string', default: '40' }, concurrency: { type: 'string', default: '16' }, help: { type: 'boolean', short: 'h', default: false } },
  })
  if (values.help) return null
  const natural = (name: 'writes' | 'kills' | 'concurrency' | 'seed', text: string): number => {
    if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} is a whole number`)
    return Number(text)
  }
  return {
    seed: natural('seed', values.seed ?? String(Date.now() % 1_000_000)), writes: natural('writes', values.writes), kills: natural('kills', values.kills), concurrency: Math.max(1, natural('concurrency', values.concurrency)),
  }
}

const parsed = (): KillPlan | null | 'usage' => {
  try {
    return readPlan(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`)
    return 'usage'
  }
}

const main = async (): Promise<number> => {
  const plan = parsed()
  if (plan === 'usage') return 2
  if (!plan) return process.stdout.write(HELP), 0
  const minio = await startStore()
  try {
    const { wrong, ...report } = await killRun(minio, plan, (text) => process.stderr.write(`${text}\n`))
    for (const line of wrong.slice(0, 50)) process.stderr.write(`${line}\n`)
    process.stdout.write(`seed ${plan.seed}: ${report.answered} writes answered, ${report.unanswered} not, ${report.kills} kills; ${report.objects} objects with ${report.revisions} revisions; wrong: ${wrong.length}\n`)
    return wrong.length === 0 ? 0 : 1
  } finally {
    await minio.stop()
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
})
