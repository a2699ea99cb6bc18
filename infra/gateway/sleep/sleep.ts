import { z } from 'zod'
import type { Log } from '../../log.ts'
import type { FunctionHost } from '../host.ts'
import type { Deployed, Registry } from '../registry.ts'
import type { SharedTable } from '../shared-table.ts'
import { called, dueOf, telling, type Activity } from './decide.ts'
import { idleMs } from './policy.ts'

/** How often functions are looked at, milliseconds. */
const LOOK_MS = 1_000

const PREFIX = 'called.'

const activitySchema = z.strictObject({ calledAt: z.number(), drowsy: z.strictObject({ by: z.string(), since: z.number() }).nullable() })

/** Puts functions that ask for it to sleep when nobody calls them, through whichever gateway. */
export type Sleep = {
  /** Before each call: when it resolves nobody puts the function to sleep. */
  called(deployed: Deployed): Promise<void> | undefined
  close(): void
}

export type SleepOptions = { readonly table: SharedTable; readonly registry: Registry; readonly host: Pick<FunctionHost, 'busy'>; readonly self: string; readonly log: Log }

export const watchSleep = ({ table, registry, host, self, log }: SleepOptions): Sleep => {
  const keyOf = (id: string) => PREFIX + id
  const parsed = (stored: unknown): Activity | undefined => activitySchema.safeParse(stored).data
  const activityOf = (id: string): Activity | undefined => parsed(table.get(keyOf(id)))
  const underWay = new Map<string, Promise<void>>()

  /** One at a time of each function: calls that come meanwhile are the same news. */
  const tell = (id: string): Promise<void> => {
    const before = underWay.get(id)
    if (before) return before
    const done = table.change(keyOf(id), (stored) => called(parsed(stored), Date.now()))
      .catch((error: unknown) => log.warn({ err: error, function: id }, 'that a function is called could not be shared'))
      .finally(() => underWay.delete(id))
    underWay.set(id, done)
    return done
  }

  const look = async (deployed: Deployed, idle: number): Promise<void> => {
    const { id, spec } = deployed
    if (host.busy(id) && telling(activityOf(id), idle, Date.now()) !== 'not') return tell(id)
    const due = dueOf(activityOf(id), idle, self, Date.now())
    if (due === 'leave') return
    if (due === 'note') return tell(id)
    let isMine = false
    await table.change(keyOf(id), (stored) => {
      const activity = parsed(stored)
      isMine = dueOf(activity, idle, self, Date.now()) === due && !host.busy(id)
      if (!isMine || !activity) return stored
      return { ...activity, drowsy: due === 'drowsy' ? { by: self, since: Date.now() } : activity.drowsy }
    })
    if (!isMine || due !== 'sleep') return
    await registry.scale(spec.service, spec.namespace, 0)
    log.info({ function: id, idleSeconds: idle / 1_000 }, 'a function sleeps')
  }
  let looking: Promise<void> = Promise.resolve()
  const lookAll = async (): Promise<void> => {
    for (const deployed of registry.here()) {
      const idle = idleOf(deployed)
      if (idle === null || deployed.replicas === 0) continue
      await look(deployed, idle).catch((error: unknown) => log.warn({ err: error, function: deployed.id }, 'whether a function may sleep could not be decided'))
    }
    const there = new Set(registry.here().map(({ id }) => keyOf(id)))
    for (const key of table.keys(PREFIX)) if (!there.has(key)) await table.change(key, () => undefined)
  }
  const timer = setInterval(() => {
    if (table.isLoaded()) looking = looking.then(lookAll).catch((error: unknown) => log.warn({ err: error }, 'functions that may sleep could not be looked at'))
  }, LOOK_MS).unref()

  return {
    called: (deployed) => {
      const { id } = deployed
      const idle = idleOf(deployed)
      if (idle === null) return undefined
      const when = telling(activityOf(id), idle, Date.now())
      if (when === 'not') return undefined
      const done = tell(id)
      return when === 'first' ? done : undefined
    },
    close: () => clearInterval(timer),
  }
}

/** One that was deployed before anybody asked how long is left awake. */
const idleOf = ({ spec }: Deployed): number | null => {
  try {
    return idleMs(spec)
  } catch {
    return null
  }
}
