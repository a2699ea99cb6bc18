/** Writes docs/conformance.md from JSON reports of vitest: node infra/one-record/conformance/main.ts REPORT.json ... */
import { readFileSync, writeFileSync } from 'node:fs'
import { vitestReport } from '../../testing/report.ts'
import { conformancePage } from './page.ts'

const { page, missing } = conformancePage(process.argv.slice(2).map((path) => vitestReport.parse(JSON.parse(readFileSync(path, 'utf8')))))
writeFileSync('docs/conformance.md', page)
process.stdout.write(missing.length === 0 ? 'docs/conformance.md: every requirement is shown or has its reason.\n' : `docs/conformance.md: not shown: ${missing.join(', ')}\n`)
process.exitCode = missing.length === 0 ? 0 : 1
