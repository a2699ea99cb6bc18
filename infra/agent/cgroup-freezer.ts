import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { untilFrozen, type Freezer, type Freezers } from './freezer.ts'

type Files = { readonly switch: string; readonly frozen: string; readonly thawed: string; readonly isFrozen: (folder: string) => boolean }

/** cgroups(7) v1 `freezer.state`, v2 `cgroup.freeze` and `cgroup.events`. */
const VERSIONS: readonly (Files & { readonly root: string; readonly mark: string })[] = [
  {
    root: '/sys/fs/cgroup', mark: 'cgroup.controllers', switch: 'cgroup.freeze', frozen: '1', thawed: '0',
    isFrozen: (folder) => readFileSync(join(folder, 'cgroup.events'), 'utf8').includes('frozen 1'),
  },
  {
    root: '/sys/fs/cgroup/freezer', mark: 'cgroup.procs', switch: 'freezer.state', frozen: 'FROZEN', thawed: 'THAWED',
    isFrozen: (folder) => readFileSync(join(folder, 'freezer.state'), 'utf8').startsWith('FROZEN'),
  },
]

/** Freezers by cgroup, one group a slot below one of this node; null when none can be made here. */
export const cgroupFreezer = (node: string): Freezers | null => {
  const version = VERSIONS.find(({ root, mark }) => existsSync(join(root, mark)))
  if (!version) return null
  const parent = join(version.root, `one-record-playground-${node}`)
  try {
    mkdirSync(parent, { recursive: true })
  } catch {
    return null // not ours to write
  }
  return (pid, slot) => {
    const folder = join(parent, slot)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'cgroup.procs'), String(pid))
    return inGroup(folder, version, pid)
  }
}

const inGroup = (folder: string, files: Files, pid: number): Freezer => ({
  cgroup: folder,
  freeze: async () => {
    writeFileSync(join(folder, files.switch), files.frozen)
    await untilFrozen(() => files.isFrozen(folder), pid)
  },
  isFrozen: () => files.isFrozen(folder),
  thaw: () => writeFileSync(join(folder, files.switch), files.thawed),
  remove: () => removeGroup(folder),
})

/** Thaws a recorded group of either version: a frozen process does not even die. */
export const thawGroup = (folder: string): void => {
  const files = VERSIONS.find((version) => existsSync(join(folder, version.switch)))
  if (files) writeFileSync(join(folder, files.switch), files.thawed)
}

const COLLECTED_WITHIN_MS = 1_000

/** A process that ended stays in its group until its parent has collected it. A group that stays is empty and costs nothing. */
export const removeGroup = async (folder: string): Promise<void> => {
  for (const until = Date.now() + COLLECTED_WITHIN_MS; Date.now() < until; await sleep(10)) {
    try {
      return rmdirSync(folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return
    }
  }
}
