import { streamCategory, type RecordedEvent } from '../../../events/envelope.ts'
import type { ParkedEvent } from '../../../events/parked/events.ts'
import { evolve, type Letter } from '../../../events/parked/state.ts'

/** Dead letters that nobody has dealt with, and why each was given up. */
export const openLetters = (events: readonly RecordedEvent[]): readonly string[] => {
  const letters = new Map<string, Letter>()
  for (const event of events.filter(({ stream }) => streamCategory(stream) === 'parked')) {
    const letter = evolve(letters.get(event.stream) ?? null, event as unknown as ParkedEvent, event.revision)
    if (letter) letters.set(event.stream, letter)
  }
  return [...letters.values()].filter(({ state }) => state === 'parked' || state === 'redriving').map(({ group, eventType, subject, sequence, attempts, reason }) =>
    `${group} gave up ${eventType ?? 'a message'} (${subject}, ${sequence}) after ${attempts} attempts: ${reason}`)
}
