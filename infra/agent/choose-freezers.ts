import type { Config } from '../config.ts'
import { cgroupFreezer } from './cgroup-freezer.ts'
import { signalFreezer, type Freezers } from './freezer.ts'

/**
 * The freezers FREEZER asks for. `auto` is signals: they work for every user and thaw as fast.
 * @throws Error when it asks for cgroups and this user may not make them
 */
export const chooseFreezers = ({ FREEZER, NODE_NAME }: Pick<Config, 'FREEZER' | 'NODE_NAME'>): Freezers => {
  if (FREEZER !== 'cgroup') return signalFreezer
  const freezers = cgroupFreezer(NODE_NAME)
  if (!freezers) throw new Error('FREEZER: cgroup is asked for, but no cgroup freezer (v1 or v2) can be written here; use auto or signal')
  return freezers
}
