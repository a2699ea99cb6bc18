import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Those of the files that are not there as they should be, by their paths in the folder. */
export const staleIn = (folder: string, files: ReadonlyMap<string, string>): readonly string[] =>
  [...files].filter(([path, text]) => !existsSync(join(folder, path)) || readFileSync(join(folder, path), 'utf8') !== text).map(([path]) => path)

/** Writes what changed, each file whole or not at all: what did not is as old as it was, to builders that look at that. */
export const writeInto = (folder: string, files: ReadonlyMap<string, string>): readonly string[] => {
  const stale = staleIn(folder, files)
  for (const path of stale) {
    const to = join(folder, path)
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(`${to}.${process.pid}`, files.get(path) ?? '')
    renameSync(`${to}.${process.pid}`, to)
  }
  return stale
}
