import { readFileSync } from 'node:fs'
import { projections } from '../../projections/index.ts'
import { operationsOf } from './document.ts'
import { HELP, readOptions, type Options } from './options.ts'
import { textOfReport } from './report.ts'
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
  const operations = operationsOf(JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')))
  const report = await run(options, operations, projections, (text) => void process.stderr.write(`${text}\n`))
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOfReport(report))
  return report.findings.length === 0 ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
})
