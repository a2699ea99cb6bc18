import { rmSync } from 'node:fs'
import { isAlive, signal } from '../local/processes.ts'
import { endProcesses, removeGroups } from './cgroups.ts'
import { folderOf } from './names.ts'
import { removeNetwork } from './network.ts'
import { bedNames, readBed } from './state.ts'
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

/** Ends beds that nobody is left to end: their owner is gone, or whoever began to bring them up. */
export const endAbandoned = async (say: (text: string) => void): Promise<void> => {
  for (const name of bedNames()) {
    const bed = readBed(name)
    if (!bed || !((bed.owner && !isAlive(bed.owner)) || (bed.phase === 'starting' && !isAlive(bed.starter)))) continue
    say(`ending the abandoned test bed ${name}`)
    await down(name)
  }
}
