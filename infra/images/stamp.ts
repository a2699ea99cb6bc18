import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** What images are labelled with. */
export type Stamp = { readonly VERSION: string; /** The commit; `-dirty` when what is built is not quite that. */ readonly REVISION: string; readonly SOURCE: string }

export const stampOf = (root: string, source = process.env['IMAGE_SOURCE'] ?? ''): Stamp => ({
  VERSION: z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).version,
  REVISION: revision(root),
  SOURCE: source,
})

const revision = (root: string): string => {
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') ? '-dirty' : ''}`
  } catch {
    return 'unknown' // a copy without its history
  }
}
