import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that a later one of the same pid cannot be mistaken for. `started`: opaque, fixed for its life. */
export type Identity = { readonly pid: number; readonly started: string }
export type Seen = Identity & { readonly parent: number; readonly name: string }

/** The process as it is now; null when there is none, or only its zombie. */
export const look = (pid: number): Seen | null => (process.platform === 'linux' ? fromProc(pid) : (fromPs(['-p', String(pid)])[0] ?? null))

export const isAlive = ({ pid, started }: Identity): boolean => look(pid)?.started === started

/** Every process below the given ones, however deep. */
export const descendants = (of: readonly Identity[]): readonly Identity[] => {
  const all = process.platform === 'linux' ? pids().flatMap((pid) => fromProc(pid) ?? []) : fromPs(['-ax'])
  const below = (parents: ReadonlySet<number>): readonly Seen[] => {
    const children = all.filter(({ parent }) => parents.has(parent))
    return children.length === 0 ? [] : [...children, ...below(new Set(children.map(({ pid }) => pid)))]
  }
  return below(new Set(of.map(({ pid }) => pid)))
}

/** Sends a signal if it is still that process. A stopped one is let go on, or it would never see the signal. */
export const signal = (target: Identity, name: NodeJS.Signals): void => {
  if (!isAlive(target)) return
  try {
    process.kill(target.pid, name)
    if (name !== 'SIGKILL') process.kill(target.pid, 'SIGCONT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it ended in between
  }
}

/** Resolves when all are gone: true; or after `ms`: false. */
export const gone = async (processes: readonly Identity[], ms: number): Promise<boolean> => {
  for (const until = Date.now() + ms; processes.some(isAlive); await sleep(25)) if (Date.now() > until) return false
  return true
}

const pids = (): readonly number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)

let boot: string | undefined

/** proc_pid_stat(5): the name is in brackets and may hold any character; after it state, parent, ..., start time (field 22) in ticks since boot. */
const fromProc = (pid: number): Seen | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [name, rest] = [stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')), stat.slice(stat.lastIndexOf(')') + 2).split(' ')]
    const [state, parent, ticks] = [rest[0], Number(rest[1]), rest[19]]
    if (state === 'Z' || state === 'X') return null
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
    return { pid, parent, name, started: `${boot}:${ticks}` }
  } catch {
    return null // ended while it was read: the one way that reading a stat file fails
  }
}

const fromPs = (which: readonly string[]): readonly Seen[] => {
  try {
    const lines = execFileSync('ps', ['-o', 'pid=,ppid=,stat=,lstart=,comm=', ...which], { encoding: 'utf8' }).split('\n')
    return lines.flatMap((line) => {
      const [, pid, parent, state, started, name] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line) ?? []
      return !pid || state?.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), name: name ?? '', started: started ?? '' }]
    })
  } catch {
    return [] // ps answers 1 when there is no such process
  }
}
