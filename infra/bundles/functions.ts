import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { builtins } from './builtins.ts'
import { ROOT } from './root.ts'

/** Folders of functions/ that are one. */
export const functionNames = (): readonly string[] => readdirSync(join(ROOT, 'functions')).filter((name) => existsSync(join(ROOT, 'functions', name, 'handler.ts')))

/**
 * Functions of ours as the template takes them: what one shares with others is bundled into its handler.js, as faas-cli copies its
 * folder alone. Files by their paths, `NAME/handler.js`.
 */
export const functionFiles = async (names: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const { outputFiles } = await build({
    absWorkingDir: ROOT, entryPoints: names.map((name) => ({ in: `function:${name}`, out: join(name, 'handler') })), outdir: 'dist/functions', plugins: [builtins, entries],
    bundle: true, write: false, format: 'esm', platform: 'node', target: 'node24', legalComments: 'none', charset: 'utf8', logLevel: 'silent',
  })
  return new Map([
    ...names.map((name) => [join(name, 'package.json'), `${JSON.stringify({ name, private: true, type: 'module', main: 'handler.js' }, null, 2)}\n`] as const),
    ...outputFiles.map(({ path, text }) => [join(basename(dirname(path)), basename(path)), text] as const),
  ])
}

/** `function:NAME`: the handler of functions/NAME as its container serves it. */
const entries: Plugin = {
  name: 'entries',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^function:/ }, ({ path }) => ({ path: path.slice('function:'.length), namespace: 'function' }))
    onLoad({ filter: /.*/, namespace: 'function' }, ({ path: name }) => ({
      resolveDir: ROOT,
      contents: `import handler from './functions/${name}/handler.ts'
import { inContainer } from './infra/platform/in-container.ts'
const served = inContainer(handler)
export default served.handler
export const close = served.close`,
    }))
  },
}
