import type { OneRecord, Reader } from './store/port.ts'

/** Work that the server owes later: a retry, an expiry. What is owed is in the record, so it outlives every claim. */
export type Duty = {
  /** For logs and for whom quiesce tells that it is busy. */
  readonly name: string
  /** When the earliest of it is due, milliseconds; null when nothing is owed. A read of the record's first row of it, no more. */
  dueAt(reader: Reader): Promise<number | null>
  /** Does what is due, at least the earliest, and says in the record that it is done or when it is due again. */
  run(): Promise<void>
  /** Ends what `run` waits for (connections to others), so that it resolves or rejects soon. What was not done stays owed. */
  stop(): void
  /** Something new may be owed while it runs. */
  nudge?(): void
}

/** The duties of one claim, each carried out when it is due, one run of it at a time. */
export type Duties = {
  start(): void
  /** Something new may be owed: call it after the commit (`tx.afterwards`). */
  lookAgain(): void
  /** Name of a duty that is being carried out or that is due. */
  busy(): string | null
  /** Begins no run any more, and ends those under way. */
  stop(): void
  /** The earliest time that anything is due, milliseconds. */
  dueAt(): Promise<number | null>
}

/** Longest time a timer of Node takes, milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1
/** After a run that failed: the first wait, doubled up to the last, milliseconds. */
const RETRY = { firstMs: 1_000, mostMs: 60_000 }

/** @param complain hears of a run that failed; it is tried again */
export const dutiesOf = (record: Pick<OneRecord, 'reader'>, duties: readonly Duty[], complain: (error: unknown) => void): Duties => {
  const each = duties.map((duty) => oneDuty(record, duty, complain))
  return {
    start: () => each.forEach(({ start }) => start()),
    lookAgain: () => each.forEach(({ lookAgain }) => lookAgain()),
    busy: () => each.find(({ working }) => working())?.name ?? null,
    stop: () => each.forEach(({ stop }) => stop()),
    dueAt: async () => {
      const reader = record.reader()
      const times = (await Promise.all(duties.map((duty) => duty.dueAt(reader)))).filter((time) => time !== null)
      return times.length === 0 ? null : Math.min(...times)
    },
  }
}

const oneDuty = (record: Pick<OneRecord, 'reader'>, duty: Duty, complain: (error: unknown) => void) => {
  let started = false
  let working = false
  let again = false
  let timer: NodeJS.Timeout | undefined
  let wait = RETRY.firstMs

  const look = async (): Promise<void> => {
    clearTimeout(timer)
    if (working || !started) {
      again = true
      return
    }
    working = true
    let next: number | null = null
    do {
      again = false
      next = await step()
    } while (started && (again || next === 0))
    working = false
    if (started && next !== null) timer = setTimeout(() => void look(), Math.min(next, LONGEST_WAIT))
  }
  /** Resolves to the milliseconds until there is something to do, null when there is nothing. */
  const step = async (): Promise<number | null> => {
    try {
      const due = await duty.dueAt(record.reader())
      if (due === null || due > Date.now()) return due === null ? null : due - Date.now()
      await duty.run()
      wait = RETRY.firstMs
      return 0
    } catch (error) {
      if (started) complain(error)
      const now = wait
      wait = Math.min(2 * wait, RETRY.mostMs)
      return now
    }
  }
  return {
    name: duty.name,
    working: () => working,
    lookAgain: () => {
      if (working) duty.nudge?.()
      void look()
    },
    start: () => {
      started = true
      void look()
    },
    stop: () => {
      started = false
      clearTimeout(timer)
      duty.stop()
    },
  }
}
