import { failure } from '../errors.ts'
import { spoken } from '../text.ts'
import type { ParkedEvent } from './events.ts'
import type { Letter, LetterState } from './state.ts'

/** Decisions about one dead letter. Pure: time and ids come in. [] means that it is so already. */
export type ParkEvent = Omit<Letter, 'state' | 'redrives' | 'note' | 'parkedAt' | 'changedAt' | 'revision'> & { readonly at: string }
type Operated = { readonly at: string; /** In the operator's words. */ readonly reason?: string | undefined }
type Round = { readonly at: string; readonly attempts: number }

/** Given up for the first time: parking the same message twice is one letter. */
export const park = (command: ParkEvent, letter: Letter | null): ParkedEvent[] => (letter ? [] : [{ type: 'EventParked', data: { ...command } }])

/**
 * To be delivered again, as it was the first time. One that was discarded may still be: its payload is kept.
 * @throws LETTER_STATE for one that was delivered: twice would be by mistake
 */
export const redrive = (command: Operated, letter: Letter): ParkedEvent[] => {
  if (letter.state === 'redriving') return []
  permit(letter, 'redrive', ['parked', 'discarded'])
  return [{ type: 'RedriveRequested', data: { ...about(letter), reason: command.reason ?? null, at: command.at } }]
}

/** Looked at and not needed any more. @throws LETTER_STATE for one on its way, or delivered */
export const discard = (command: Operated, letter: Letter): ParkedEvent[] => {
  if (letter.state === 'discarded') return []
  permit(letter, 'discard', ['parked'])
  return [{ type: 'EventDiscarded', data: { ...about(letter), reason: command.reason ?? null, at: command.at } }]
}

/** The redrive under way was taken. */
export const redriven = ({ at, attempts }: Round, letter: Letter): ParkedEvent[] =>
  letter.state === 'redriving' ? [{ type: 'EventRedriven', data: { ...about(letter), attempts, at } }] : []

/** The redrive under way was given up too. */
export const parkAgain = ({ at, attempts, reason }: Round & { readonly reason: string }, letter: Letter): ParkedEvent[] => {
  if (letter.state !== 'redriving') return []
  const { stream, subject, sequence, eventId } = letter
  return [{ type: 'EventParked', data: { ...about(letter), stream, subject, sequence, eventId, reason: spoken(reason, 1_000) || 'no reason was given', attempts, at } }]
}

const about = ({ letterId, group, eventType, deploymentId }: Letter) => ({ letterId, group, eventType, deploymentId })

const permit = ({ letterId, state }: Letter, command: string, allowed: readonly LetterState[]): void => {
  if (!allowed.includes(state)) throw failure('LETTER_STATE', { letterId, state, command, allowed: allowed.join(' or '), hint: HINT[state] })
}

/** What would be right instead. */
const HINT: Readonly<Record<LetterState, string>> = {
  parked: 'redrive or discard it', redriving: 'wait until it is redriven, or parked again', redriven: 'it was delivered, and nothing is left to do', discarded: 'redrive it if it is needed after all',
}
