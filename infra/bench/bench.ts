import { parseArgs } from 'node:util'
import { BENCHES } from './rows.ts'
import type { Row } from './row.ts'

const HELP = `npm run bench [-- NAME...] [--json] [--events N]

Measures what matters against a floor in the same run, rounds interleaved.

${BENCHES.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`).join('\n')}

--json   one object a line: {"name","value","unit","floor","ratio","n","p50","p95","p99","target","met"}
--events   how many the read model of project is rebuilt from; 1000000 by default
Exit code: 0 all targets met, 1 an error, 2 usage, 3 a target missed.
`

const round = (value: number | null): string => (value === null ? '-' : value.toFixed(value >= 100 ? 0 : 2))
const COLUMNS = ['name', 'ours', 'floor', 'ratio', 'p50', 'p95', 'p99', 'n', 'target', 'met'] as const
const cells = (row: Row): readonly string[] => [
  row.name, `${round(row.value)} ${row.unit}`, round(row.floor), round(row.ratio), round(row.p50), round(row.p95), round(row.p99), String(row.n), row.target, row.met ? 'yes' : 'NO',
]

const table = (rows: readonly Row[]): string => {
  const lines = [[...COLUMNS], ...rows.map(cells)]
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' }, events: { type: 'string', default: '1000000' }, help: { type: 'boolean' } } })
  if (values.help) return process.stdout.write(HELP), 0
  const unknown = positionals.filter((name) => !BENCHES.some((bench) => bench.name === name))
  if (unknown.length > 0) return process.stderr.write(`unknown: ${unknown.join(', ')}\n\n${HELP}`), 2
  const events = Number(values.events)
  if (!Number.isSafeInteger(events) || events < 1) return process.stderr.write(`--events ${values.events}\n\n${HELP}`), 2
  const rows: Row[] = []
  for (const bench of BENCHES.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    process.stderr.write(`${bench.name}: ${bench.about}\n`)
    const measured = await bench.run((text) => process.stderr.write(`  ${text}\n`), { events })
    rows.push(...measured)
    if (values.json) for (const row of measured) process.stdout.write(`${JSON.stringify(row)}\n`)
  }
  if (!values.json) process.stdout.write(`${table(rows)}\n`)
  return rows.every(({ met }) => met) ? 0 : 3
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
})
