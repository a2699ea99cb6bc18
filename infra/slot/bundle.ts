import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, stop } from 'esbuild'

const here = import.meta.dirname

/** Where the bundle of the ONE Record slot lies. */
export const SLOT_BUNDLE = join(here, '../../dist/slot.mjs')

export type BundleOptions = { /** Entry point. */ readonly entry?: string; readonly outfile?: string }

/**
 * Bundles a slot into one file, so that it starts without walking node_modules and shares nothing with a working tree that
 * changes. Written only when its content changed, and whole or not at all. Resolves to its path.
 */
export const bundleSlot = async ({ entry = join(here, 'main.ts'), outfile = SLOT_BUNDLE }: BundleOptions = {}): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [entry], bundle: true, write: false, platform: 'node', format: 'esm', target: 'node24', sourcemap: false, logLevel: 'silent',
    legalComments: 'none', minifySyntax: true, minifyWhitespace: true, keepNames: true,
    // CommonJS dependencies ask for node's own modules by require
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  })
  await stop() // its helper process would stay as long as this one
  const text = outputFiles[0]?.text ?? ''
  if (existsSync(outfile) && readFileSync(outfile, 'utf8') === text) return outfile
  mkdirSync(dirname(outfile), { recursive: true })
  const whole = `${outfile}.${process.pid}`
  writeFileSync(whole, text)
  renameSync(whole, outfile)
  return outfile
}
