import { setTimeout as sleep } from 'node:timers/promises'
import type { CatalogueError } from '../../events/errors.ts'
import { comparePositions, type EventStore } from '../event-store/port.ts'
import type { Log } from '../log.ts'
import type { Route, Routes } from './port.ts'
import { routesView, type RoutesView } from './view.ts'

export type RoutesFollowerOptions = {
  readonly store: Pick<EventStore, 'readAll' | 'head'>
  readonly routes: Pick<Routes, 'put'>
  /** The route that is known to stand already: it need not be asked for. None by default. */
  readonly standing?: (deploymentId: string) => Route | null
  readonly signal: AbortSignal
  /** Every route of the time when it began is written. */
  readonly onCaughtUp?: () => void
  readonly log: Log
}
export type RoutesFollower = {
  /** Writes all routes anew; for when the bucket was lost. */
  rewrite(): Promise<void>
  /** Whose deployment it is, as far as the events were read; null when it is not known. */
  ownerOf(deploymentId: string): string | null
  /** Resolves when it has ended, after `signal`. */
  readonly ended: Promise<void>
}

const CATEGORIES = ['deployment', 'instance'] as const
/** Routes written at the same time. */
const WRITERS = 64
const AGAIN_MS = 500
/** Whoever acted on an event writes its route first; this comes after, for when they could not. By the event's age. */
const GRACE_MS = 50

/**
 * The routes projection: derives every route from the event store and keeps it written. Functions write the route of a wake
 * themselves, sooner; this makes sure that it is written at all. Needs neither Postgres nor a checkpoint: of instances only
 * the newest event is read.
 */
export const followRoutes = ({ store, routes, standing = () => null, signal, onCaughtUp, log }: RoutesFollowerOptions): RoutesFollower => {
  const view = routesView()
  // whatever it is, every other deployment must be found
  const unreadable = (reason: CatalogueError, sequence: string) => log.error({ sequence, reason: reason.message }, 'no event that routes can be read from: passed over')

  const catchUp = async (): Promise<string> => {
    const after = (await store.head()) ?? '0'
    for await (const event of store.readAll({ categories: ['deployment'], signal, unreadable })) view.apply(event)
    for await (const event of store.readAll({ categories: ['instance'], which: 'latest', signal, unreadable })) view.apply(event)
    await writeAll(view, routes)
    onCaughtUp?.()
    return after
  }

  /** Reads on until it is told to end; what fails is done again from the last event that was written. */
  const run = async (): Promise<void> => {
    const after = await until(catchUp, signal, log)
    let position = after
    await until(async () => {
      for await (const event of store.readAll({ categories: CATEGORIES, follow: true, signal, unreadable, ...(position === undefined ? {} : { after: position }) })) {
        const route = view.apply(event)
        const early = GRACE_MS - (Date.now() - Date.parse(event.at))
        if (route && early > 0) await sleep(Math.min(early, GRACE_MS), undefined, { signal }).catch(() => undefined) // told to end
        if (route && !stands(standing(route.deploymentId), route)) await until(() => routes.put(route), signal, log)
        position = event.position
      }
    }, signal, log)
  }

  return { rewrite: () => writeAll(view, routes), ownerOf: view.ownerOf, ended: run() }
}

const stands = (standing: Route | null, route: Route): boolean => standing !== null && comparePositions(standing.sequence, route.sequence) >= 0

const writeAll = async (view: RoutesView, routes: Pick<Routes, 'put'>): Promise<void> => {
  const all = view.all().values()
  const write = async () => {
    for (const route of all) await routes.put(route)
  }
  await Promise.all(Array.from({ length: WRITERS }, write))
}

/** Tries until it is done; undefined when told to end before. */
const until = async <T>(action: () => Promise<T>, signal: AbortSignal, log: Log): Promise<T | undefined> => {
  while (!signal.aborted) {
    try {
      return await action()
    } catch (error) {
      if (signal.aborted) return undefined
      log.warn({ reason: String(error) }, 'routes cannot be followed now; trying again')
      await sleep(AGAIN_MS)
    }
  }
  return undefined
}
