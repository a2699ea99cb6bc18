import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'

/*
 * Bundles the function in function/ with its server into out/index.mjs. Of its package.json it reads
 *   main             the handler, if it is not called handler
 *   name             what it is called where nobody deployed it
 *   files            what it reads while it runs, beside the bundle at the same place
 *   bundle.external  packages that cannot be bundled, such as native ones: they are installed beside it
 */
const [FROM, TO] = ['function', 'out']
const { main, name = 'function', files = [], bundle: { external = [] } = {} } = existsSync(join(FROM, 'package.json')) ? JSON.parse(readFileSync(join(FROM, 'package.json'), 'utf8')) : {}

const fail = (text) => {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
const handler = () => {
  const names = main ? [main] : ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'].map((extension) => `handler.${extension}`)
  const found = names.find((one) => existsSync(join(FROM, one)))
  return found ?? fail(`There is no handler: ${names.join(', ')} ${main ? '(main of package.json) is not there' : 'are not there'}.`)
}

/**
 * Node's own modules where they are asked for by require, which a bundle has none of; and node:http by whichever way, as importing it
 * loads all of node's fetch: 13 MB, 30 ms.
 */
const builtins = {
  name: 'builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /.*/ }, ({ path, kind }) =>
      isBuiltin(path) && (kind === 'require-call' || /^(node:)?http$/.test(path)) ? { path, namespace: 'builtin' } : undefined)
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})` }))
  },
}

const entry = `${external.length > 0 ? "import { createRequire } from 'node:module'\nglobalThis.require = createRequire(import.meta.url)\n" : ''}
import { serve } from './server.mjs'
await serve(() => import(${JSON.stringify(`./${join(FROM, handler())}`)}), ${JSON.stringify(name)})
`

rmSync(TO, { recursive: true, force: true })
mkdirSync(TO)
await build({
  stdin: { contents: entry, resolveDir: '.', sourcefile: 'index.mjs' },
  outfile: join(TO, 'index.mjs'), bundle: true, format: 'esm', platform: 'node', target: 'node24', keepNames: true, charset: 'utf8', legalComments: 'linked',
  sourcemap: 'linked', sourcesContent: false, external, plugins: [builtins],
  define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
})
for (const file of globSync(files, { cwd: FROM })) cpSync(join(FROM, file), join(TO, file), { recursive: true })
if (external.length > 0) {
  if (spawnSync('npm', ['prune', '--omit=dev'], { cwd: FROM, stdio: 'inherit' }).status !== 0) fail('npm prune failed.')
  cpSync(join(FROM, 'node_modules'), join(TO, 'node_modules'), { recursive: true, verbatimSymlinks: true })
}
