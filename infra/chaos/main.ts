import { projections } from '../../projections/index.ts'
import { HELP, readOptions, type Options } from './options.ts'
import { isGood, textOfReport } from './report.ts'
import { run } from './run.ts'

const parsed = (): Options | null => {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`)
    return null
  }
}

const main = async (): Promise<number> => {
  const options = parsed()
  if (!options) return 2
  if (options.help) return process.stdout.write(HELP), 0
  const report = await run(options, projections, (text) => void process.stderr.write(`${text}\n`))
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOfReport(report))
  return isGood(report) ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
})
