import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { open } from 'node:fs/promises'
import { isAlive, look, type Identity } from '../local/processes.ts'

/** A folder that appears under its name only when it is whole. */
export type PartialFolder = { readonly folder: string; /** Gives it its name, durably. */ complete(): Promise<void>; discard(): void }

/** `<pid> <start>`; null when whoever wrote it was ended in the middle. */
const ownerOf = (text: string): Identity | null => {
  const [, pid, started] = /^(\d+) (\S+)\n$/.exec(text) ?? []
  return pid && started ? { pid: Number(pid), started } : null
}

/** @throws Error when the folder is there already, or somebody else is making it */
export const openPartial = (folder: string): PartialFolder => {
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty: name a new folder`)
  const [partial, owner] = [`${folder}.partial`, `${folder}.partial.owner`]
  const other = existsSync(owner) ? ownerOf(readFileSync(owner, 'utf8')) : null
  if (other && isAlive(other)) throw new Error(`process ${other.pid} is writing ${folder} now`)
  mkdirSync(dirname(folder), { recursive: true })
  writeFileSync(owner, `${process.pid} ${look(process.pid)?.started ?? 'never'}\n`)
  rmSync(partial, { recursive: true, force: true }) // of one that was killed
  mkdirSync(partial, { mode: 0o700 })
  const disown = () => rmSync(owner, { force: true })
  return {
    folder: partial,
    complete: async () => {
      renameSync(partial, folder) // over an empty one
      const parent = await open(dirname(folder), 'r')
      await parent.sync().finally(() => parent.close())
      disown()
    },
    discard: () => {
      rmSync(partial, { recursive: true, force: true })
      disown()
    },
  }
}
