/** Compiles the ontologies of all releases into the table that the server carries: see --help. */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { changesBetween } from './changes.ts'
import { compileSources, SOURCES } from './sources.ts'
import type { Table } from './table.ts'

const HELP = `Compiles the ONE Record ontologies into the table that the server validates with.

  node infra/one-record/ontology/main.ts [--sources FOLDER] [--check]

FOLDER holds one folder for each release, named by its date, with the Turtle files of its data model, code lists and API ontology,
gzipped (.ttl.gz) or not; the last folder is the newest release. Without --sources: ${SOURCES}.
A new release: put its files into a new folder there, run this, read what changed, commit both.

  --check   writes nothing; ends with 1 when the committed table is not what the sources make
`
const TABLE = new URL('table.json', import.meta.url)

const { values } = parseArgs({ options: { sources: { type: 'string', default: SOURCES }, check: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } } })
if (values.help) process.stdout.write(HELP)
else {
  const before = readFileSync(TABLE, 'utf8')
  const after = compileSources(values.sources)
  const text = `${JSON.stringify(after, null, 1)}\n`
  for (const line of changesBetween(JSON.parse(before) as Table, after)) process.stdout.write(`${line}\n`)
  process.stdout.write(text === before ? 'The table is what the sources make.\n' : `The table ${values.check ? 'is not what the sources make' : 'is written anew'}: ${text.length} bytes.\n`)
  if (text !== before && values.check) process.exitCode = 1
  if (text !== before && !values.check) writeFileSync(TABLE, text)
}
