import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TEMPLATE } from '../template.ts'

/** Lays a function over the template as `faas-cli build` does: what of the sample the function has not stays there. */
export const assemble = (context: string, files: ReadonlyMap<string, string>): void => {
  cpSync(TEMPLATE, context, { recursive: true })
  for (const [path, text] of files) {
    const to = join(context, 'function', path)
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, text)
  }
}
