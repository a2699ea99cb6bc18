import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { ROOT } from './root.ts'

export const TEMPLATE = join(ROOT, 'template/node24-ts')

const HEAD = `// Made by: npm run docs
// The server of a function, from infra/function-server of the ONE Record playground. MIT.
`
/** What a function gets of the sample and may have thrown away: sample.mjs. */
const SAMPLE = ['handler.ts', 'handler.test.ts']

/** The files of the template that are made, by their paths in it: the server, the types of a handler, and what the sample is known by. */
export const templateFiles = async (): Promise<ReadonlyMap<string, string>> => {
  const types = readFileSync(join(ROOT, 'infra/functions/handler.ts'), 'utf8')
  const hashes = SAMPLE.map((name) => [name, createHash('sha256').update(readFileSync(join(TEMPLATE, 'function', name))).digest('hex')])
  return new Map([
    ['server.mjs', `${HEAD}${await bundledServer()}`],
    ['function/openfaas.ts', `// What a handler gets, and may answer. Made by: npm run docs\n${types}`],
    ['sample.json', `${JSON.stringify(Object.fromEntries(hashes), null, 2)}\n`],
  ])
}

/** Readable, as whoever finds it in their build will want to read it. */
const bundledServer = async (): Promise<string> => {
  const { outputFiles } = await build({
    absWorkingDir: ROOT, entryPoints: ['infra/function-server/serve.ts'], bundle: true, write: false, format: 'esm', platform: 'node', target: 'node24', legalComments: 'none', charset: 'utf8', logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}
