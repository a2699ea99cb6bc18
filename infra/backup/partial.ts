import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { open } from 'node:fs/promises'
import { z } from 'zod'
import { isAlive, look } from '../local/processes.ts'

/** A folder that appears under its name only when it is whole. */
export type PartialFolder = { readonly folder: string; /** Gives it its name, durably. */ complete(): Promise<void>; discard(): void }

const ownerSchema = z.object({ pid: z.int(), started: z.string() })

/** @throws Error when the folder is there already, or somebody else is making it */
export const openPartial = (folder: string): PartialFolder => {
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty: name a new folder`)
  const [partial, owner] = [`${folder}.partial`, `${folder}.partial.owner`]
  if (existsSync(owner)) {
    const other = ownerSchema.safeParse(JSON.parse(readFileSync(owner, 'utf8')))
    if (other.success && isAlive(other.data)) throw new Error(`process ${other.data.pid} is writing ${folder} now`)
  }
  mkdirSync(dirname(folder), { recursive: true })
  writeFileSync(owner, JSON.stringify({ pid: process.pid, started: look(process.pid)?.started ?? 'never' }))
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
