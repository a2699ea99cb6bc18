import { setTimeout as sleep } from 'node:timers/promises'
import { descendants, isAlive, type Identity } from '../local/processes.ts'
import type { BrokerLine } from './broker-line.ts'
import type { Blow } from './plan.ts'
import { processOf, slotsOf } from './targets.ts'

/** What came of the blows: how often each was struck, by what it was. */
export type Struck = Readonly<Record<string, number>>

export type Strikes = {
  /** Resolves when the plan is done; what is stopped or cut may still be. */
  readonly done: Promise<void>
  struck(): Struck
  /** Lets go on whatever is stopped or cut. */
  relent(): Promise<void>
}

/** A part that has just died is struck when it is back, if that is soon. */
const WAIT_MS = 3_000

export const strike = (plan: readonly Blow[], { dataDir, line, say, signal }: { readonly dataDir: string; readonly line: BrokerLine; readonly say: (text: string) => void; readonly signal: AbortSignal }): Strikes => {
  const counts = new Map<string, number>()
  const relenting: (() => void)[] = []
  const note = (what: string, detail = ''): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1)
    say(`${what}${detail}`)
  }
  /** For some time, or until it is all over. */
  const later = (ms: number, act: () => void): void => {
    let done = false
    const once = () => {
      if (!done) act()
      done = true
    }
    relenting.push(once)
    setTimeout(once, ms).unref()
  }

  const deal = async (blow: Blow): Promise<void> => {
    if (blow.kind === 'slot') {
      const slots = slotsOf(dataDir).toSorted((a, b) => a.slot.localeCompare(b.slot))
      const slot = slots[Math.floor(blow.which * slots.length)]
      if (slot) send(slot.pid, 'SIGKILL')
      return slot ? note('kill a slot', ` (${slot.slot})`) : note('no slot to kill')
    }
    if (blow.kind === 'cut') {
      line.cut(blow.part, blow.how)
      later(blow.forMs, () => line.mend(blow.part))
      return note(`cut off ${blow.part}`, ` (${blow.how}, ${blow.forMs} ms)`)
    }
    const target = await found(blow.part)
    if (!target) return note(`${blow.part} was away`)
    if (blow.kind === 'kill') {
      send(target.pid, 'SIGKILL')
      return note(`kill ${blow.part}`)
    }
    // HAProxy serves in a process below the one that is started
    const all = [target, ...(blow.part.startsWith('haproxy') ? descendants([target]) : [])]
    for (const { pid } of all) send(pid, 'SIGSTOP')
    later(blow.forMs, () => all.filter(isAlive).forEach(({ pid }) => send(pid, 'SIGCONT')))
    note(`stop ${blow.part}`, ` (${blow.forMs} ms)`)
  }

  const found = async (part: string): Promise<Identity | null> => {
    for (const until = Date.now() + WAIT_MS; Date.now() < until && !signal.aborted; await sleep(50)) {
      const target = processOf(dataDir, part)
      if (target) return target
    }
    return null
  }

  const begun = Date.now()
  const run = async (): Promise<void> => {
    for (const blow of plan) {
      await sleep(Math.max(0, begun + blow.atMs - Date.now()), undefined, { signal })
      await deal(blow)
    }
  }
  return {
    done: run().catch((error: unknown) => { if (!signal.aborted) throw error }),
    struck: () => Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b))),
    relent: async () => relenting.splice(0).forEach((end) => end()),
  }
}

const send = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it ended in between
  }
}
