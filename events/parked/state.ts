import type { DomainEvent } from '../envelope.ts'
import type { ParkedEvent } from './events.ts'

export const LETTER_STATES = ['parked', 'redriving', 'redriven', 'discarded'] as const
export type LetterState = (typeof LETTER_STATES)[number]

type Parked = Extract<ParkedEvent, DomainEvent<'EventParked'>>['data']

/** A dead letter: an event that was given up, and what became of it. */
export type Letter = Omit<Parked, 'at'> & {
  readonly state: LetterState
  /** How often it was redriven so far; the one under way counts. */
  readonly redrives: number
  /** What the operator said to the newest redrive or discard. */
  readonly note: string | null
  readonly parkedAt: string
  readonly changedAt: string
  /** Revision of the newest event folded in. */
  readonly revision: number
}

/** Folds one event in. Total: an event that makes no sense here changes nothing but the revision. */
export const evolve = (letter: Letter | null, event: ParkedEvent, revision: number): Letter | null => {
  if (!letter) {
    if (event.type !== 'EventParked') return null
    const { at, ...parked } = event.data
    return { ...parked, state: 'parked', redrives: 0, note: null, parkedAt: at, changedAt: at, revision }
  }
  return { ...letter, ...change(letter, event), changedAt: event.data.at, revision }
}

const change = (letter: Letter, event: ParkedEvent): Partial<Letter> => {
  switch (event.type) {
    case 'EventParked':
      return { state: 'parked', reason: event.data.reason, attempts: event.data.attempts }
    case 'RedriveRequested':
      return { state: 'redriving', redrives: letter.redrives + 1, note: event.data.reason }
    case 'EventRedriven':
      return { state: 'redriven', attempts: event.data.attempts }
    case 'EventDiscarded':
      return { state: 'discarded', note: event.data.reason }
    default:
      event satisfies never
      return {}
  }
}
