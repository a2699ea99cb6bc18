import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { stop } from 'esbuild'
import { functionFiles, functionNames } from './functions.ts'
import { ROOT } from './root.ts'
import { writeInto } from './write.ts'

const HELP = `npm run build [-- NAME...]

Bundles each function of ours, or those that are named, with what it shares with others into dist/functions/NAME, where stack.yml has its
handler: faas-cli copies a function's own folder alone. Files that are as they were stay untouched.
`

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean', short: 'h', default: false } } })
  if (values.help) return say(process.stdout, HELP, 0)
  const known = functionNames()
  const unknown = positionals.filter((name) => !known.includes(name))
  if (unknown.length > 0) return say(process.stderr, `There is no function ${unknown.join(', ')}; there are ${known.join(', ')}.\n`, 2)

  const names = positionals.length > 0 ? positionals : known
  const changed = writeInto(join(ROOT, 'dist/functions'), await functionFiles(names)).map((path) => dirname(path))
  return say(process.stdout, `${names.length} functions in dist/functions; changed: ${[...new Set(changed)].join(', ') || 'none'}\n`, 0)
}

const say = (to: NodeJS.WriteStream, text: string, code: number): number => {
  to.write(text)
  return code
}

process.exitCode = await main()
await stop() // its helper process would stay as long as this one
