import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseTcp, type Waiting } from '../proc.ts'

/** What the kernel of the node says of processes in containers, by a /proc of the node (HOST_PROC). A process that is gone has nothing. */
export type HostProc = {
  /** What waits at a port in the network of a process. */
  waiting(pid: number, port: number): Waiting | undefined
  /** Whether it was sent a signal that ends it and has not heard it yet: a frozen process hears none. */
  isToEnd(pid: number): boolean
  /** File name of the slot's control socket in `folder`, as the container has it; null while it does not listen. */
  controlSocket(pid: number, folder: string, container: string): string | null
}

/** Bits of a mask of proc(5) `ShdPnd` and `SigPnd`, least significant first, signal 1. */
const bit = (signal: number): bigint => 1n << BigInt(signal - 1)
const ENDS = bit(15) | bit(9)
/** __SO_ACCEPTCON, the flags of a socket that listens. */
const LISTENS = '00010000'
/** Length of the id that a container has for a host name. */
export const SHORT_ID = 12

export const hostProc = (root: string): HostProc => {
  const read = (pid: number, file: string): string => {
    try {
      return readFileSync(join(root, String(pid), file), 'utf8')
    } catch {
      return ''
    }
  }
  return {
    waiting: (pid, port) => parseTcp(read(pid, 'net/tcp')).get(port),
    isToEnd: (pid) => endsIn(read(pid, 'status')),
    // the kernel lists a socket in the network where it was made: no other container's can be taken for this one's
    controlSocket: (pid, folder, container) => socketIn(read(pid, 'net/unix'), folder, container.slice(0, SHORT_ID)),
  }
}

export const endsIn = (status: string): boolean =>
  [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)].some(([, mask]) => (BigInt(`0x${mask}`) & ENDS) !== 0n)

/** proc(5) `net/unix`: Num, RefCount, Protocol, Flags, Type, St, Inode, Path. */
export const socketIn = (table: string, folder: string, shortId: string): string | null => {
  for (const line of table.split('\n')) {
    const [, , , flags, , , , path] = line.trim().split(/\s+/)
    if (flags !== LISTENS || !path?.startsWith(folder)) continue
    const name = path.slice(folder.length)
    if (/^[0-9a-f]{12}-[0-9a-f]{32}\.sock$/.test(name) && name.startsWith(shortId)) return name
  }
  return null
}
