import { expect } from 'vitest'
import type { ErrorCode, ErrorDetails } from '../errors.ts'
import * as decide from '../parked/decide.ts'
import type { ParkedEvent } from '../parked/events.ts'
import { evolve, type Letter } from '../parked/state.ts'

/** Events and commands of one dead letter, for tests. */
export const at = '2026-01-01T00:00:59.000Z'
type Decision = (letter: Letter | null) => readonly ParkedEvent[]

/** @throws Error where there is none: only `park` is decided without */
const to = (decision: (letter: Letter) => readonly ParkedEvent[]): Decision => (letter) => {
  if (!letter) throw new Error('there is no letter')
  return decision(letter)
}

export const about = { letterId: 'l', group: 'provision', eventType: 'ClaimRequested', deploymentId: 'd' } as const
export const place = { stream: 'EVENTS', subject: 'events.deployment.d', sequence: 7, eventId: 'e' } as const

export const park: Decision = (letter) => decide.park({ ...about, ...place, reason: '503 NO_SLOT_FREE', attempts: 8, at: '2026-01-01T00:00:00.000Z' }, letter)
export const redrive = (reason?: string): Decision => to((letter) => decide.redrive({ at, reason }, letter))
export const discard = (reason?: string): Decision => to((letter) => decide.discard({ at, reason }, letter))
export const taken: Decision = to((letter) => decide.redriven({ at, attempts: 2 }, letter))
export const refused = (reason = '422 MALFORMED_EVENT'): Decision => to((letter) => decide.parkAgain({ at, attempts: 1, reason }, letter))

export const letterAfter = (history: readonly ParkedEvent[]): Letter | null => history.reduce<Letter | null>(evolve, null)
const and = (history: readonly ParkedEvent[], decision: Decision): readonly ParkedEvent[] => [...history, ...decision(letterAfter(history))]

// histories
export const parked = and([], park)
export const redriving = and(parked, redrive('the node is back'))
export const redriven = and(redriving, taken)
export const parkedAgain = and(redriving, refused())
export const discarded = and(parked, discard())

/** `given(parked).when(redrive()).then([...])` */
export const given = (history: readonly ParkedEvent[]) => ({
  when: (decision: Decision) => ({
    // oxlint-disable-next-line unicorn/no-thenable -- the end of a sentence; nobody awaits it
    then: (events: readonly ParkedEvent[]): void => expect(decision(letterAfter(history))).toEqual(events),
    refused: (code: ErrorCode, details: ErrorDetails): void => {
      expect(() => decision(letterAfter(history))).toThrow(expect.objectContaining({ code, details: expect.objectContaining(details) }))
    },
  }),
})
