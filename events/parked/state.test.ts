import fc from 'fast-check'
import { expect, test } from 'vitest'
import { about, at, letterAfter, parked, parkedAgain, place, redriven, redriving, discarded } from '../testing/letters.ts'
import type { ParkedEvent } from './events.ts'
import { LETTER_STATES } from './state.ts'

const first = '2026-01-01T00:00:00.000Z'

test.each([
  ['parked', parked, { redrives: 0, reason: '503 NO_SLOT_FREE', attempts: 8, note: null, changedAt: first }],
  ['redriving', redriving, { redrives: 1, reason: '503 NO_SLOT_FREE', note: 'the node is back', changedAt: at }],
  ['redriven', redriven, { redrives: 1, attempts: 2 }],
  ['parked', parkedAgain, { redrives: 1, reason: '422 MALFORMED_EVENT', attempts: 1 }],
  ['discarded', discarded, { redrives: 0, note: null }],
])('a letter is %s after its history', (state, history, rest) => {
  expect(letterAfter(history)).toMatchObject({ ...about, ...place, state, parkedAt: first, revision: history.length - 1, ...rest })
})

test('whatever happens in whatever order, a letter begins when it is parked and is in one of its states', () => {
  const all: readonly ParkedEvent[] = [...redriven, ...parkedAgain, ...discarded]
  fc.assert(fc.property(fc.array(fc.constantFrom(...all), { maxLength: 12 }), (events) => {
    const letter = letterAfter(events)
    expect(letter === null).toBe(events.every(({ type }) => type !== 'EventParked'))
    if (letter === null) return
    expect(LETTER_STATES).toContain(letter.state)
    expect(letter.redrives).toBeLessThanOrEqual(events.filter(({ type }) => type === 'RedriveRequested').length)
    expect(letter.revision).toBe(events.length - 1)
  }))
})
