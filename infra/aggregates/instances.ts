import type { Metadata, RecordedEvent, StreamName } from '../../events/envelope.ts'
import type { Instance, InstanceEvent } from '../../events/instance/events.ts'
import type { Appended, EventStore } from '../event-store/port.ts'
import { derivedId } from '../ids.ts'
import { caused, untilNoConflict } from './append.ts'

const stream = (claimId: string): StreamName => `instance.${claimId}`

/** A claim's instance as its newest event tells it, with what a writer needs. */
export type LoadedInstance = {
  readonly instance: Instance
  readonly revision: number
  /** Position of the newest event: the sequence of the route that follows from it. */
  readonly position: string
  /** The newest event itself. */
  readonly event: RecordedEvent<InstanceEvent>
}

/** Instances by claim id: one message is read, however long the stream. */
export type Instances = {
  /** null before the claim's first event. @throws STORE_UNAVAILABLE */
  current(claimId: string): Promise<LoadedInstance | null>
  /** First events of a claim. @throws WRONG_EXPECTED_REVISION when the claim has some already */
  begin(claimId: string, events: readonly InstanceEvent[], cause: string, metadata: Metadata): Promise<LoadedInstance | null>
  /**
   * Decides on the current instance and appends; decides anew when somebody was first. Resolves to what stands afterwards
   * (and whether this call wrote anything), null when there is no such instance. Throws what `decide` throws.
   */
  change(claimId: string, decide: (instance: Instance) => readonly InstanceEvent[], cause: string, metadata: Metadata): Promise<Changed | null>
  /** The first event of a claim that `change` or `begin` wrote for that cause, null when there is none: reads the claim's whole life. */
  writtenFor(claimId: string, cause: string): Promise<RecordedEvent<InstanceEvent> | null>
  /** As `change` for one who has just loaded it: saves the read. */
  changeLoaded(loaded: LoadedInstance, decide: (instance: Instance) => readonly InstanceEvent[], cause: string, metadata: Metadata): Promise<Changed | null>
}
export type Changed = LoadedInstance & { readonly changed: boolean }

export const instancesOf = (store: EventStore): Instances => {
  const current = async (claimId: string): Promise<LoadedInstance | null> => {
    const event = await store.last<InstanceEvent>(stream(claimId))
    return event && { instance: event.data.instance, revision: event.revision, position: event.position, event }
  }

  const append = async (claimId: string, events: readonly InstanceEvent[], expected: number | 'none', cause: string, metadata: Metadata): Promise<Changed | null> => {
    const written = caused(events, causeOn(claimId, cause), metadata)
    const newest = written.at(-1)
    if (!newest) return null
    const appended = await store.append(stream(claimId), written, expected)
    // by the same ids somebody wrote this before: what stands may be newer
    if (appended.duplicate) return current(claimId).then((loaded) => loaded && { ...loaded, changed: true })
    return { ...recorded(claimId, newest as RecordedEvent<InstanceEvent>, appended), changed: true }
  }

  const decideOn = async (loaded: LoadedInstance, decide: (instance: Instance) => readonly InstanceEvent[], cause: string, metadata: Metadata): Promise<Changed | null> => {
    const events = decide(loaded.instance)
    return events.length === 0 ? { ...loaded, changed: false } : append(loaded.instance.claimId, events, loaded.revision, cause, metadata)
  }

  const writtenFor: Instances['writtenFor'] = async (claimId, cause) => {
    const events = await store.read<InstanceEvent>(stream(claimId))
    return events.find((event) => caused([event], causeOn(claimId, cause), event.metadata)[0]?.id === event.id) ?? null
  }

  const change: Instances['change'] = (claimId, decide, cause, metadata) =>
    untilNoConflict(async () => {
      const loaded = await current(claimId)
      return loaded && decideOn(loaded, decide, cause, metadata)
    })

  return {
    current,
    change,
    writtenFor,
    begin: (claimId, events, cause, metadata) => append(claimId, events, 'none', cause, metadata),
    changeLoaded: async (loaded, decide, cause, metadata) => {
      let first = true
      return untilNoConflict(async () => {
        const known = first ? loaded : await current(loaded.instance.claimId)
        first = false
        return known && decideOn(known, decide, cause, metadata)
      })
    },
  }
}

/** One cause may end one claim and then another. */
const causeOn = (claimId: string, cause: string): string => derivedId(cause, claimId)

const recorded = (claimId: string, event: RecordedEvent<InstanceEvent>, { revision, position }: Appended): LoadedInstance => ({
  instance: event.data.instance, revision, position,
  event: { ...event, stream: stream(claimId), revision, position, at: event.data.at },
})
