import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { problemsOf, publish } from './goldens.ts'
import { generatedReadme } from './readme.ts'
import { staleDocs } from './surfaces.ts'

const HELP = `npm run docs [-- --check]

Makes anew what is made from code: the diagrams of README.md; schemas and checksums of newly published events in events/golden;
docs/openapi.json, docs/asyncapi.json and docs/problems.*.
  --check   changes nothing; says what is stale and ends with 1 if anything is
`
const README = join(import.meta.dirname, '../../README.md')

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } } })
if (values.help) {
  process.stdout.write(HELP)
} else {
  const before = readFileSync(README, 'utf8')
  const after = generatedReadme(before)
  if (!values.check) writeFileSync(README, after)
  const problems: string[] = [...(values.check ? problemsOf() : publish()), ...(values.check && before !== after ? ['README.md is stale: npm run docs'] : [])]
  problems.push(...staleDocs({ write: !values.check }))
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
