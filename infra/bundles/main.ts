import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { stop } from 'esbuild'
import { functionFiles, functionNames } from './functions.ts'
import { ROOT } from './root.ts'
import { TEMPLATE, templateFiles } from './template.ts'
import { staleIn, writeInto } from './write.ts'

const HELP = `npm run build [-- NAME...]              bundles functions, all or those named, into dist/functions: faas-cli build takes them from there
npm run build -- --template [--check]  makes the files of template/node24-ts that are made; --check says which are stale
`

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { template: { type: 'boolean', default: false }, check: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  })
  const known = functionNames()
  const unknown = positionals.filter((name) => !known.includes(name))
  if (values.help) return say(HELP)
  if (unknown.length > 0) return complain(`There is no function ${unknown.join(', ')}; there are ${known.join(', ')}.\n`)
  if (values.template) return template(values.check)

  const names = positionals.length > 0 ? positionals : known
  const written = writeInto(join(ROOT, 'dist/functions'), await functionFiles(names))
  return say(`${names.length} functions in dist/functions; ${written.length === 0 ? 'nothing' : written.map((path) => dirname(path)).join(', ')} changed.\n`)
}

const template = async (isCheck: boolean): Promise<number> => {
  const files = await templateFiles()
  const stale = isCheck ? staleIn(TEMPLATE, files) : []
  if (stale.length > 0) return complain(`${stale.map((path) => `template/node24-ts/${path} is stale: npm run build -- --template`).join('\n')}\n`)
  return isCheck ? 0 : say(`Changed in template/node24-ts: ${writeInto(TEMPLATE, files).join(', ') || 'nothing'}.\n`)
}

const say = (text: string): number => (process.stdout.write(text), 0)
const complain = (text: string): number => (process.stderr.write(text), 1)

process.exitCode = await main()
await stop()
