import { setTimeout as sleep } from 'node:timers/promises'
import { isStopped } from './proc.ts'

/** What stops one process and lets it go on. */
export type Freezer = {
  /** Folder of its cgroup; null for signals. */
  readonly cgroup: string | null
  /** Resolves when no thread runs any more. Doing it twice is doing it once. @throws Error when it does not stop in time */
  freeze(): Promise<void>
  isFrozen(): boolean
  /** It runs on from here; not waited for. */
  thaw(): void
  /** After the process ended: nothing of it stays. */
  remove(): Promise<void>
}

/** Makes the freezer of a process; `slot` names its cgroup. */
export type Freezers = (pid: number, slot: string) => Freezer

const STOPS_WITHIN_MS = 2_000

/** SIGSTOP and SIGCONT, as any user. A stopped process still gets connections and bytes: its kernel queues hold them. */
export const signalFreezer: Freezers = (pid) => ({
  cgroup: null,
  freeze: async () => {
    process.kill(pid, 'SIGSTOP')
    await untilFrozen(() => isStopped(pid), pid)
  },
  isFrozen: () => isStopped(pid),
  thaw: () => void process.kill(pid, 'SIGCONT'),
  remove: async () => {},
})

/** Looks at once, and then every millisecond: a freeze has no event to wait for. @throws Error after two seconds */
export const untilFrozen = async (frozen: () => boolean, pid: number): Promise<void> => {
  for (const until = performance.now() + STOPS_WITHIN_MS; !frozen(); await sleep(1)) {
    if (performance.now() > until) throw new Error(`process ${pid} did not stop within ${STOPS_WITHIN_MS} ms`)
  }
}
