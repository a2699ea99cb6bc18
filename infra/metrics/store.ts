import { streamCategory, type NewEvent } from '../../events/envelope.ts'
import { isFailure } from '../../events/errors.ts'
import type { EventStore, Write } from '../event-store/port.ts'
import { counter, seconds } from './registry.ts'

const appends = seconds('playground_append_seconds', 'Time of an append to the event store, until it is durable or refused', 'outcome')
const appended = counter('playground_events_appended_total', 'Events appended, by who decided them: what healing did are those of function:heal', 'type', 'actor')
const wakes = seconds('playground_wake_seconds', 'From the first request that waited until its deployment served', 'event', 'reason')

/** The same store, measured. Duplicates are no events. */
export const meteredStore = (store: EventStore): EventStore => ({
  ...store,
  append: async (stream, events, expected) => {
    const [done] = await measured([{ stream, events, expected }], async () => [await store.append(stream, events, expected)])
    if (!done) throw new RangeError(`Nothing to append to ${stream}`)
    return done
  },
  appendAll: (writes) => measured(writes, () => store.appendAll(writes)),
})

const measured = async (writes: readonly Write[], work: () => ReturnType<EventStore['appendAll']>): ReturnType<EventStore['appendAll']> => {
  const end = appends.startTimer()
  try {
    const done = await work()
    const isNew = done.every(({ duplicate }) => !duplicate)
    end({ outcome: isNew ? 'appended' : 'duplicate' })
    if (isNew) for (const { stream, events } of writes) for (const event of events) count(streamCategory(stream), event)
    return done
  } catch (error) {
    end({ outcome: isFailure(error, 'WRONG_EXPECTED_REVISION') ? 'conflict' : 'failed' })
    throw error
  }
}

const count = (category: string, { type, data, metadata: { actor } }: NewEvent): void => {
  appended.inc({ type, actor: actor.startsWith('function:') ? actor : actor.replace(/:.*/, '') }) // of an agent not which: that is the instance
  const { wakeMs, reason } = data as { readonly wakeMs?: unknown; readonly reason?: unknown }
  if (category === 'instance' && typeof wakeMs === 'number' && typeof reason === 'string') wakes.observe({ event: type, reason }, wakeMs / 1_000)
}
