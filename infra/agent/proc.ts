import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel says of a process (Linux, proc(5)). Reads are synchronous: procfs never waits for a disk. */
export type ProcessStat = { /** R, S, D, T (stopped), Z (ended, not yet collected), ... */ readonly state: string; /** Clock ticks after boot; with the pid it names a process for good. */ readonly startTime: string }

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null // it ended meanwhile
  }
}

/** null when there is none, or it has ended and only waits to be collected. */
export const processStat = (pid: number): ProcessStat | null => {
  const stat = parseStat(read(`/proc/${pid}/stat`))
  return stat?.state === 'Z' || stat?.state === 'X' ? null : stat
}

/** Field 3 is the state, field 22 the start time; the name (field 2) may hold anything, a parenthesis too. */
const parseStat = (stat: string | null): ProcessStat | null => {
  if (stat === null) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', startTime: fields[19] ?? '' }
}

/** Whether that very process still lives. */
export const isAlive = (pid: number, startTime: string): boolean => processStat(pid)?.startTime === startTime

/** Whether every thread is stopped. */
export const isStopped = (pid: number): boolean => {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => parseStat(read(`/proc/${pid}/task/${thread}/stat`))?.state === 'T')
  } catch {
    return false
  }
}

/** What waits at a port: bytes no one has read, connections no one has accepted. */
export type Waiting = { readonly bytes: number; readonly connections: number }

const LISTEN = '0A'
const CLOSE_WAIT = '08'

/** Queues of all IPv4 sockets in this network namespace, by local port; ports where nothing waits are left out. */
export const waitingByPort = (): ReadonlyMap<number, Waiting> => parseTcp(read('/proc/self/net/tcp') ?? '')

/** `/proc/net/tcp`: the receive queue of a listener counts connections, that of any other socket bytes. */
export const parseTcp = (table: string): ReadonlyMap<number, Waiting> => {
  const waiting = new Map<number, Waiting>()
  for (const line of table.split('\n').slice(1)) {
    const [, local, , state, queues] = line.trim().split(/\s+/)
    if (!local || !queues) continue
    const queued = Number.parseInt(queues.slice(queues.indexOf(':') + 1), 16)
    // the peer's end of the connection counts as one byte: a closed idle connection waits for nobody
    const bytes = state === LISTEN ? 0 : state === CLOSE_WAIT ? Math.max(0, queued - 1) : queued
    const connections = state === LISTEN ? queued : 0
    if (bytes === 0 && connections === 0) continue
    const port = Number.parseInt(local.slice(local.indexOf(':') + 1), 16)
    const before = waiting.get(port) ?? { bytes: 0, connections: 0 }
    waiting.set(port, { bytes: before.bytes + bytes, connections: before.connections + connections })
  }
  return waiting
}
