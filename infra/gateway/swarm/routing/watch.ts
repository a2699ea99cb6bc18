import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../../log.ts'
import { hostUnavailable, type Engine } from '../engine.ts'
import { LABEL } from '../labels.ts'
import { followEvents } from './events.ts'
import { ownSubnets } from './subnets.ts'
import type { RoutingTable } from './table.ts'
import { placedOf } from './tasks.ts'

/**
 * The engine tells of services and of its own containers, of nobody's tasks elsewhere: those are asked for. Often after something
 * changed, ever more rarely then, milliseconds.
 */
const SOON_MS = 100
const LATE_MS = 1_000
/** Asking takes a tenth of the time at most, however large the Swarm is or slow the engine; half of it while something changes. */
const SHARE = { calm: 10, changing: 2 } as const
/** Something changes for so long after the last change that was seen, milliseconds. */
const CHANGING_MS = 5_000
/** So long after a change the interval has grown to the late one, milliseconds. */
const CALM_MS = 20_000

export type Watch = {
  /** Resolves at the first list. */
  readonly ready: Promise<void>
  /** Something changes, or the table may be old: look soon, and often for a while. */
  suspect(): void
  /** Since when the Swarm cannot be asked, milliseconds since the epoch; null when it can. */
  failingSince(): number | null
  close(): Promise<void>
}

/** Keeps the table as the Swarm has it. What cannot be asked leaves it as it is. */
export const watchSwarm = ({ engine, scope, table, log }: { readonly engine: Engine; readonly scope: string; readonly table: RoutingTable; readonly log: Log }): Watch => {
  const closing = new AbortController()
  const ready = Promise.withResolvers<void>()
  let changedAt = performance.now()
  let failingSince: number | null = null
  let wake = () => {}
  const suspect = () => {
    changedAt = performance.now()
    wake()
  }

  const refresh = async (): Promise<void> => {
    try {
      const listed: unknown = await engine.listTasks({ filters: { label: [`${LABEL.scope}=${scope}`], 'desired-state': ['running'] } })
      if (table.apply(placedOf(listed, ownSubnets()))) changedAt = performance.now()
      if (failingSince !== null) log.info('the Swarm can be asked again')
      failingSince = null
      ready.resolve()
    } catch (error) {
      if (failingSince === null) log.warn({ err: hostUnavailable(error) }, 'the Swarm cannot be asked for tasks: calls go where they went')
      failingSince ??= Date.now()
    }
  }
  const loop = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const began = performance.now()
      await refresh()
      const now = performance.now()
      const calm = SOON_MS + (LATE_MS - SOON_MS) * Math.min(1, (now - changedAt) / CALM_MS)
      const pause = Math.max(failingSince === null ? calm : LATE_MS, (now - began) * ((now - changedAt < CHANGING_MS ? SHARE.changing : SHARE.calm) - 1))
      await Promise.race([sleep(pause, undefined, { ref: false }), new Promise<void>((resolve) => { wake = resolve })])
      if (performance.now() - began < SOON_MS) await sleep(SOON_MS - (performance.now() - began)) // many changes are one look
    }
  }
  const events = followEvents(engine, scope, { table, suspect, log }, closing.signal)
  const looping = loop()
  return {
    ready: ready.promise,
    suspect,
    failingSince: () => failingSince,
    close: async () => {
      closing.abort()
      wake()
      await Promise.all([looping, events])
    },
  }
}
