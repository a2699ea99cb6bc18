import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type Plugin } from 'esbuild'

export type PartToBundle = {
  readonly root: string
  /** Its main, relative to the root. */
  readonly entry: string
  /** Modules it imports by path while it runs; they share its own modules. */
  readonly beside: readonly string[]
  /** What it reads while it runs. */
  readonly files: readonly string[]
}

/**
 * Bundles one part into a folder that needs nothing but node: `main.mjs` runs it. Below it everything lies as in the source, so that
 * what is found by `import.meta.dirname` is found; what several modules share lies in infra/shared, as deep as they do.
 * Not minified: a stack trace names lines that can be read.
 */
export const bundlePart = async ({ root, entry, beside, files }: PartToBundle, folder: string): Promise<void> => {
  rmSync(folder, { recursive: true, force: true })
  await build({
    absWorkingDir: root, entryPoints: [entry, ...beside], outdir: folder, outbase: root, outExtension: { '.js': '.mjs' }, chunkNames: 'infra/shared/[name]-[hash]',
    bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node24', logLevel: 'silent', legalComments: 'none', charset: 'utf8',
    plugins: [leftOut],
    // CommonJS dependencies ask for node's own modules by require
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  })
  for (const file of files.filter((one) => existsSync(join(root, one)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
  writeFileSync(join(folder, 'main.mjs'), `import './${entry.replace(/\.ts$/, '.mjs')}'\n`)
}

/**
 * Dependencies of dependencies for what no part does: an Engine reached by ssh (native modules), builds by BuildKit; and esbuild itself,
 * which made the bundles. Whoever calls them is told so.
 */
const leftOut: Plugin = {
  name: 'left-out',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|esbuild)$/ }, ({ path }) => ({ path, namespace: 'left-out' }))
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({ contents: absent(path) }))
  },
}

const absent = (name: string): string => `
const absent = function () { throw new Error('${name} is not in this image') }
module.exports = new Proxy({}, { get: (_, property) => (property === '__esModule' ? undefined : absent) })
`
