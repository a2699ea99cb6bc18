import { execFileSync } from 'node:child_process'
import { chmodSync, closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own, in memory: one that a test may fill. */
export type SmallDisk = {
  readonly folder: string
  free(): number
  /** Takes room until so many bytes are left; 0: until nothing more goes on it. */
  fill(leave: number): void
  /** Gives back what `fill` took. */
  clear(): void
  unmount(): void
}

/** Whether this process may mount one: root on Linux, with the right to. */
export const maySmallDisk = (): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    smallDisk(1).unmount()
    return true
  } catch {
    return false // a container without CAP_SYS_ADMIN
  }
}

export const smallDisk = (megabytes: number): SmallDisk => {
  const folder = mkdtempSync(join(tmpdir(), 'orp-disk-'))
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0711`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch (error) {
    rmdirSync(folder)
    throw error
  }
  chmodSync(folder, 0o711)
  const ballast = join(folder, 'ballast')
  const free = () => {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  }
  const block = Buffer.alloc(64 * 1024, 1)
  return {
    folder, free,
    fill: (leave) => {
      const file = openSync(ballast, 'a')
      try {
        for (let more = free() - leave; more > 0; more = free() - leave) writeSync(file, block, 0, Math.min(block.length, more))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error // somebody else took the rest
      } finally {
        closeSync(file)
      }
    },
    clear: () => rmSync(ballast, { force: true }),
    unmount: () => {
      execFileSync('/bin/umount', ['--lazy', folder]) // also when a process that just died still holds a file
      rmdirSync(folder)
    },
  }
}
