import { existsSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cgroupOf } from './names.ts'
import { TestbedError } from './testbed-error.ts'

const ROOT = '/sys/fs/cgroup'
const isVersion2 = (): boolean => existsSync(join(ROOT, 'cgroup.controllers'))

/**
 * Every process of a bed, engines and containers alike, is below one group (`tb-NAME`), in each hierarchy of version 1 or in the
 * one of version 2. So all of it is found whatever became of its parents, and of what was written down about it.
 */
const hierarchies = (): readonly string[] =>
  isVersion2() ? [ROOT] : readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== 'unified').map(({ name }) => join(ROOT, name))

/** The group that whoever starts an engine goes into first; one hierarchy is enough to be found. Version 2 asks for leaves: it lies beside its containers'. */
export const engineGroup = (bed: string, what: string): string => join(...(isVersion2() ? [ROOT] : [ROOT, 'pids']), cgroupOf(bed), `${what}-engine`)

/** What an engine is told with --cgroup-parent. */
export const containersGroup = (bed: string, what: string): string => `/${cgroupOf(bed)}/${what}`

/** Ends everything in the bed's groups, or in those of one of its engines, frozen or not. @throws TestbedError naming those that cannot be ended */
export const endProcesses = async (bed: string, what?: string): Promise<void> => {
  for (const until = Date.now() + 60_000; ; await sleep(20)) {
    const groups = groupsOf(bed).filter((group) => what === undefined || group.split('/').some((part) => part === what || part === `${what}-engine`))
    const pids = [...new Set(groups.flatMap(pidsOf))]
    if (pids.length === 0) return
    if (Date.now() > until) throw new TestbedError(`processes ${pids.join(', ')} of the test bed ${bed} cannot be ended`)
    for (const pid of pids) kill(pid)
    for (const group of groups) thaw(group) // a frozen process sees no signal under version 1
  }
}

/** Removes the groups, which nothing is in. */
export const removeGroups = (bed: string): void => {
  for (const group of groupsOf(bed)) ifThere(() => rmdirSync(group))
}

/** Deepest first. */
export const groupsOf = (bed: string): readonly string[] => hierarchies().map((hierarchy) => join(hierarchy, cgroupOf(bed))).filter(existsSync).flatMap(below)

const below = (group: string): readonly string[] => [...(ifThere(() => readdirSync(group, { withFileTypes: true })) ?? []).filter((entry) => entry.isDirectory()).flatMap(({ name }) => below(join(group, name))), group]

export const pidsOf = (group: string): readonly number[] => (ifThere(() => readFileSync(join(group, 'cgroup.procs'), 'utf8')) ?? '').split('\n').filter(Boolean).map(Number).filter((pid) => pid > 0)

const thaw = (group: string): void => {
  for (const [file, value] of [['freezer.state', 'THAWED'], ['cgroup.freeze', '0']] as const) {
    if (existsSync(join(group, file))) ifThere(() => writeFileSync(join(group, file), value))
  }
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it ended in between
  }
}

/** Engines remove groups of their own while we look, and somebody else may take the bed down too. */
const ifThere = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
