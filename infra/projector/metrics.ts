import type { RecordedEvent } from '../../events/envelope.ts'
import type { EventStore } from '../event-store/port.ts'
import { counter, gauge, shared } from '../metrics/registry.ts'
import type { Projection } from './projection.ts'
import type { Projector } from './run.ts'

export const poisoned = counter('playground_projection_parked_total', 'Events a read model could not apply, and lacks', 'projection')
export const building = gauge('playground_projection_build_events', 'Events of a build that is under way: done, and all there were when it began', ['projection', 'build', 'events'], () => {})

const STATES = ['starting', 'standby', 'catching up', 'live', 'failing', 'superseded'] as const
/** Longest look at what one projection has yet to apply, milliseconds. */
const LOOK_MS = 500

type Measured = { readonly projector: Pick<Projector, 'status'>; readonly projections: readonly Read[]; readonly store: Pick<EventStore, 'readAll'> }
type Read = Pick<Projection, 'name' | 'categories'>
type Lag = { readonly projection: string; readonly events: number; readonly seconds: number }

/** How the read models do, when it is asked for. A projector that stands by tells no lag. */
export const measureProjector = ({ projector, projections, store }: Measured): void => {
  gauge('playground_projection_state', 'State of a projection in this projector: 1 for the one it is in', ['projection', 'state'], (own) => {
    for (const { name, state } of projector.status()) for (const each of STATES) own.set({ projection: name, state: each }, each === state ? 1 : 0)
  })
  const lags = shared(async (): Promise<readonly Lag[]> => {
    const reading = projector.status().filter(({ state }) => state !== 'standby' && state !== 'starting')
    const found = await Promise.allSettled(reading.map(({ name, position }) => lagOf(store, projections.find((one) => one.name === name), position)))
    return found.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : [])) // what is away tells nothing
  })
  const lag = (name: string, help: string, of: (lag: Lag) => number) => gauge(name, help, ['projection'], async (own) => {
    const all = await lags()
    own.reset()
    for (const each of all) own.set({ projection: each.projection }, of(each))
  })
  lag('playground_projection_lag_events', 'Events a read model has yet to apply', ({ events }) => events)
  lag('playground_projection_lag_seconds', 'Age of the oldest event a read model has yet to apply', ({ seconds }) => seconds)
}

const lagOf = async (store: Measured['store'], projection: Read | undefined, position: string | null): Promise<Lag | null> => {
  if (!projection) return null
  let events = 0
  const first = await firstOf(store.readAll({
    categories: projection.categories, ...(position === null ? {} : { after: position }), signal: AbortSignal.timeout(LOOK_MS),
    unreadable: () => {}, begins: (left) => { events = left ?? 0 },
  }))
  return { projection: projection.name, events, seconds: first ? Math.max(0, (Date.now() - Date.parse(first.at)) / 1_000) : 0 }
}

const firstOf = async (events: AsyncIterable<RecordedEvent>): Promise<RecordedEvent | null> => {
  for await (const event of events) return event
  return null
}
