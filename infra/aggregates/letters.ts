import type { Metadata, RecordedEvent, StreamName } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'
import type { ParkedEvent } from '../../events/parked/events.ts'
import { evolve, type Letter } from '../../events/parked/state.ts'
import type { EventStore } from '../event-store/port.ts'
import { derivedId } from '../ids.ts'
import { caused, untilNoConflict } from './append.ts'

const stream = (letterId: string): StreamName => `parked.${letterId}`

/** A dead letter folded from its stream, with its history, oldest first. */
export type LoadedLetter = { readonly letter: Letter; readonly events: readonly RecordedEvent<ParkedEvent>[] }

export type Letters = {
  /** @throws LETTER_NOT_FOUND, STORE_UNAVAILABLE */
  load(letterId: string): Promise<LoadedLetter>
  /**
   * Loads, decides, appends; decides anew when somebody was first. What the same cause wrote before is not decided again. Resolves
   * to the letter as it stands then, and whether this cause changed it.
   * @throws LETTER_NOT_FOUND, IDEMPOTENCY_KEY_REUSED when the cause was another request's, and whatever `decide` throws
   */
  change(letterId: string, decide: (letter: Letter) => readonly ParkedEvent[], cause: string, metadata: Metadata): Promise<LoadedLetter & { readonly changed: boolean }>
}

export const lettersOf = (store: EventStore): Letters => {
  const load = async (letterId: string): Promise<LoadedLetter> => {
    const events = await store.read<ParkedEvent>(stream(letterId))
    const letter = fold(events)
    if (!letter) throw failure('LETTER_NOT_FOUND', { id: letterId.slice(0, 100) })
    return { letter, events }
  }

  return {
    load,
    change: (letterId, decide, cause, metadata) =>
      untilNoConflict(async () => {
        const loaded = await load(letterId)
        // one cause may change many letters
        const own = (events: readonly ParkedEvent[]) => caused(events, derivedId(cause, letterId), metadata)
        const before = loaded.events.find((event) => own([event])[0]?.id === event.id)
        if (before && before.metadata.requestHash !== metadata.requestHash) throw failure('IDEMPOTENCY_KEY_REUSED', { field: 'Idempotency-Key' })
        if (before) return { ...loaded, changed: true }
        const events = own(decide(loaded.letter))
        if (events.length === 0) return { ...loaded, changed: false }
        await store.append(stream(letterId), events, loaded.letter.revision)
        return { ...(await load(letterId)), changed: true }
      }),
  }
}

const fold = (events: readonly RecordedEvent<ParkedEvent>[]): Letter | null =>
  events.reduce<Letter | null>((letter, event) => evolve(letter, event, event.revision), null)
