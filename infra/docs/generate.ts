import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { stop } from 'esbuild'
import { TEMPLATE, templateFiles } from '../bundles/template.ts'
import { staleIn, writeInto } from '../bundles/write.ts'
import { generatedGuide } from './endpoints.ts'
import { problemsOf, publish } from './goldens.ts'
import { generatedReadme } from './readme.ts'
import { staleDocs } from './surfaces.ts'

const HELP = `npm run docs [-- --check]

Makes anew what is made from code: the diagrams of README.md; the endpoints in docs/one-record.md; schemas and checksums of newly published events in events/golden;
docs/openapi.json, docs/asyncapi.json and docs/problems.*; the server that functions made of template/node24-ts begin with.
  --check   changes nothing; says what is stale and ends with 1 if anything is
`
const ROOT = join(import.meta.dirname, '../..')
/** Documents that hold something generated between markers. */
const PARTLY: readonly (readonly [name: string, generated: (document: string) => string])[] = [['README.md', generatedReadme], ['docs/one-record.md', generatedGuide]]

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } } })
if (values.help) {
  process.stdout.write(HELP)
} else {
  const problems: string[] = [...(values.check ? problemsOf() : publish())]
  for (const [name, generated] of PARTLY) {
    const before = readFileSync(join(ROOT, name), 'utf8')
    const after = generated(before)
    if (before === after) continue
    if (values.check) problems.push(`${name} is stale: npm run docs`)
    else writeFileSync(join(ROOT, name), after)
  }
  problems.push(...staleDocs({ write: !values.check }))
  const template = await templateFiles()
  if (values.check) problems.push(...staleIn(TEMPLATE, template).map((path) => `template/node24-ts/${path} is stale: npm run docs`))
  else writeInto(TEMPLATE, template)
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
  await stop() // esbuild's helper would stay as long as this process
}
