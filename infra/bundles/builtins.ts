import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/**
 * Node's own modules where CommonJS asks for them by require, which a bundle has none of; and node:http by whichever way, as importing
 * it loads all of node's fetch: 13 MB and 30 ms of every start. A bundle made so can be bundled again.
 */
export const builtins: Plugin = {
  name: 'builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /.*/ }, ({ path, kind }) =>
      (isBuiltin(path) && (kind === 'require-call' || /^(node:)?http$/.test(path)) ? { path, namespace: 'builtin' } : undefined))
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})` }))
  },
}
