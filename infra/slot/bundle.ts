import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, stop, type Plugin } from 'esbuild'
import { WORKER_FILE } from '../one-record/json-ld/expander.ts'
import { OPENAPI_FILE } from '../one-record/openapi/endpoint.ts'

const here = import.meta.dirname

/** Where the bundle of the ONE Record slot lies. */
export const SLOT_BUNDLE = join(here, '../../dist/slot.mjs')

export type BundleOptions = { /** Entry point. */ readonly entry?: string; readonly outfile?: string }

/** What a slot loads only when it has to, in a file beside its own. */
const BESIDE = [
  { entry: join(here, '../one-record/json-ld/expand-worker.ts'), name: WORKER_FILE },
  { entry: join(here, '../one-record/openapi/document.ts'), name: OPENAPI_FILE },
] as const

/**
 * Bundles a slot into one file, so that it starts without walking node_modules and shares nothing with a working tree that
 * changes; beside it what it loads late. Each is written only when its content changed, and whole or not at all. Resolves to its path.
 */
export const bundleSlot = async ({ entry = join(here, 'main.ts'), outfile = SLOT_BUNDLE }: BundleOptions = {}): Promise<string> => {
  const files = [...BESIDE.map(({ entry: from, name }) => ({ from, to: join(dirname(outfile), name) })), { from: entry, to: outfile }]
  // the slot's own last: whoever starts it finds the others there
  for (const { from, to } of files) writeWhole(to, await bundled(from))
  await stop() // its helper process would stay as long as this one
  return outfile
}

/**
 * Whoever imports `node:http` as an ES module gets all its exports at once, and three of them (WebSocket and its events) load the whole of
 * node's fetch: a third of what a slot would start with. Asked for as a builtin it is only what is used of it.
 */
const leanHttp: Plugin = {
  name: 'lean-http',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'node:http', namespace: 'builtin' }))
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})` }))
  },
}

const bundled = async (entry: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [entry], bundle: true, write: false, platform: 'node', format: 'esm', target: 'node24', sourcemap: false, logLevel: 'silent',
    legalComments: 'none', minifySyntax: true, minifyWhitespace: true, plugins: [leanHttp],
    // CommonJS dependencies ask for node's own modules by require
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    alias: { '@digitalbazaar/http-client': join(here, '../one-record/json-ld/never-fetch.ts') },
  })
  return outputFiles[0]?.text ?? ''
}

const writeWhole = (path: string, text: string): void => {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  mkdirSync(dirname(path), { recursive: true })
  const whole = `${path}.${process.pid}`
  writeFileSync(whole, text)
  renameSync(whole, path)
}
