import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { untilFrozen, type Freezer, type Freezers } from './freezer.ts'

/** The files of a group that freeze it, and say whether it is frozen. */
export type GroupFiles = { readonly switch: string; readonly frozen: string; readonly thawed: string; readonly isFrozen: (folder: string) => boolean }

/** cgroups(7) v1 `freezer.state`, v2 `cgroup.freeze` and `cgroup.events`. */
const VERSIONS: readonly (GroupFiles & { readonly below: string; readonly mark: string })[] = [
  {
    below: '', mark: 'cgroup.controllers', switch: 'cgroup.freeze', frozen: '1', thawed: '0',
    isFrozen: (folder) => readFileSync(join(folder, 'cgroup.events'), 'utf8').includes('frozen 1'),
  },
  {
    below: 'freezer', mark: 'cgroup.procs', switch: 'freezer.state', frozen: 'FROZEN', thawed: 'THAWED',
    isFrozen: (folder) => readFileSync(join(folder, 'freezer.state'), 'utf8').startsWith('FROZEN'),
  },
]
const CGROUPS = '/sys/fs/cgroup'

/** Where groups can be frozen below a root where cgroups are mounted; null when there is no such place. */
export const groupsAt = (cgroups: string): { readonly root: string; readonly files: GroupFiles } | null => {
  const version = VERSIONS.find(({ below, mark }) => existsSync(join(cgroups, below, mark)))
  return version ? { root: join(cgroups, version.below), files: version } : null
}

/** Freezers by cgroup, one group a slot below one of this node; null when none can be made here. */
export const cgroupFreezer = (node: string): Freezers | null => {
  const groups = groupsAt(CGROUPS)
  if (!groups) return null
  const parent = join(groups.root, `one-record-playground-${node}`)
  try {
    mkdirSync(parent, { recursive: true })
  } catch {
    return null // not ours to write
  }
  return (pid, slot) => {
    const folder = join(parent, slot)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'cgroup.procs'), String(pid))
    return inGroup(folder, groups.files, pid)
  }
}

const inGroup = (folder: string, files: GroupFiles, pid: number): Freezer => ({
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
