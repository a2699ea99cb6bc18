import { rmSync, statSync } from 'node:fs'
import { isAlive, signal } from '../local/processes.ts'
import { endProcesses, removeGroups } from './cgroups.ts'
import { folderOf } from './names.ts'
import { removeNetwork } from './network.ts'
import { bedNames, neededBy, readBed } from './state.ts'
import { distrust } from './trust.ts'

/**
 * Ends a bed and removes all that it made, whatever state it is in: what was written down is a help, the names are enough. Nobody is
 * asked to end in good order, since nothing is kept. @throws TestbedError when something cannot be ended
 */
export const down = async (name: string): Promise<void> => {
  const bed = readBed(name)
  const keeper = bed?.processes['keeper']
  if (keeper && keeper.pid !== process.pid) signal(keeper, 'SIGKILL')
  for (const engine of Object.values(bed?.processes ?? {})) if (engine.pid !== process.pid) signal(engine, 'SIGKILL')
  await endProcesses(name)
  await removeNetwork(name)
  removeGroups(name)
  distrust(name)
  rmSync(folderOf(name), { recursive: true, force: true, maxRetries: 5 })
}

/** Ends beds that nobody is left to end. */
export const endAbandoned = async (say: (text: string) => void): Promise<void> => {
  for (const name of bedNames()) {
    if (!isAbandoned(name)) continue
    say(`ending the abandoned test bed ${name}`)
    await down(name)
  }
}

/** Its owner is gone, or whoever began to bring it up; or it began long ago and still nobody has said what it is. */
const isAbandoned = (name: string): boolean => {
  const bed = readBed(name)
  if (!bed) return ageMs(name) > NAMELESS_MS
  const needed = neededBy(bed)
  return needed !== null && !isAlive(needed)
}
const NAMELESS_MS = 600_000

const ageMs = (name: string): number => {
  const { mtimeMs } = statSync(folderOf(name), { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
  return Date.now() - mtimeMs
}
