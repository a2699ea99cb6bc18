import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../log.ts'
import { untilFrozen } from '../freezer.ts'
import type { Containers, SlotContainer } from './containers.ts'
import type { Group } from './groups.ts'

/** Freezes one container, and lets it go on. */
export type ContainerFreezer = {
  /** Resolves when nothing in it runs any more. @throws Error when it does not stop in time */
  freeze(): Promise<void>
  /** It runs on from here or, by the engine, in some milliseconds; not waited for. Of one that is gone nothing happens. */
  thaw(): void
  isFrozen(): boolean
}

/** By its cgroup, without the engine's knowledge: a millisecond. @throws Error when its files are not ours to write */
export const groupFreezer = ({ folder, files }: Group, { pid }: Pick<SlotContainer, 'pid'>): ContainerFreezer => {
  const turn = (to: string) => writeFileSync(join(folder, files.switch), to)
  turn(readFileSync(join(folder, files.switch), 'utf8').startsWith(files.frozen) ? files.frozen : files.thawed) // as it is: whether it may
  const isFrozen = () => whileThere(() => files.isFrozen(folder)) ?? false
  return {
    freeze: async () => {
      turn(files.frozen)
      await untilFrozen(isFrozen, pid)
    },
    thaw: () => whileThere(() => turn(files.thawed)),
    isFrozen,
  }
}

/** By the engine, where cgroups are not to be had: ten times as slow. */
export const engineFreezer = (containers: Pick<Containers, 'pause' | 'unpause'>, { id, isPaused }: SlotContainer, log: Log): ContainerFreezer => {
  let frozen = isPaused
  let last: Promise<unknown> = Promise.resolve() // the engine does one thing after the other
  const inTurn = (action: () => Promise<unknown>) => (last = last.catch(() => undefined).then(action))
  return {
    freeze: async () => {
      if (frozen) return
      frozen = true
      await inTurn(() => containers.pause(id))
    },
    thaw: () => {
      if (!frozen) return
      frozen = false
      inTurn(() => containers.unpause(id)).catch((error: unknown) => log.error({ slot: id, err: error }, 'the engine does not unpause a slot'))
    },
    isFrozen: () => frozen,
  }
}

const whileThere = <T>(action: () => T): T | undefined => {
  try {
    return action()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENODEV') return undefined // its container has ended
    throw error
  }
}
