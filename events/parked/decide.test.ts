import { describe, expect, test } from 'vitest'
import { about, at, discard, discarded, given, park, parked, parkedAgain, place, redrive, redriven, redriving, refused, taken } from '../testing/letters.ts'

describe('parking', () => {
  test('begins a letter', () =>
    given([]).when(park).then([{ type: 'EventParked', data: { ...about, ...place, reason: '503 NO_SLOT_FREE', attempts: 8, at: '2026-01-01T00:00:00.000Z' } }]))
  test.each([['parked', parked], ['redriving', redriving], ['redriven', redriven], ['discarded', discarded]])('what has a letter that is %s is nothing new', (_, history) => given(history).when(park).then([]))
})

describe('a redrive', () => {
  test('is asked for, with what the operator says to it', () =>
    given(parked).when(redrive('the node is back')).then([{ type: 'RedriveRequested', data: { ...about, reason: 'the node is back', at } }]))
  test('asked for twice is asked for once', () => given(redriving).when(redrive()).then([]))
  test.each([['was parked again', parkedAgain], ['was discarded: its payload is kept', discarded]])('is possible for what %s', (_, history) =>
    given(history).when(redrive()).then([{ type: 'RedriveRequested', data: { ...about, reason: null, at } }]))
  test('of what was delivered is refused, with what would be right', () =>
    given(redriven).when(redrive()).refused('LETTER_STATE', { letterId: 'l', state: 'redriven', command: 'redrive', allowed: 'parked or discarded', hint: expect.stringContaining('delivered') }))

  test('that is taken is a fact', () => given(redriving).when(taken).then([{ type: 'EventRedriven', data: { ...about, attempts: 2, at } }]))
  test('that fails parks again, with the new reason and attempts', () =>
    given(redriving).when(refused()).then([{ type: 'EventParked', data: { ...about, ...place, reason: '422 MALFORMED_EVENT', attempts: 1, at } }]))
  test.each([['', 'no reason was given'], ['x'.repeat(2_000), 'x'.repeat(1_000)]])('that fails has a reason that fits its schema', (reason, fitting) =>
    given(redriving).when(refused(reason)).then([expect.objectContaining({ data: expect.objectContaining({ reason: fitting }) })]))
  test.each([['parked', parked], ['redriven', redriven], ['discarded', discarded]])('that nobody asked for does not end: it is %s', (_, history) => {
    given(history).when(taken).then([])
    given(history).when(refused()).then([])
  })
})

describe('discarding', () => {
  test('is a fact, with what the operator says to it', () => given(parked).when(discard('of a test')).then([{ type: 'EventDiscarded', data: { ...about, reason: 'of a test', at } }]))
  test('twice is once', () => given(discarded).when(discard()).then([]))
  test('is possible after a redrive that failed', () => given(parkedAgain).when(discard()).then([expect.objectContaining({ type: 'EventDiscarded' })]))
  test.each([['on its way', redriving, 'redriving', 'wait until'], ['delivered', redriven, 'redriven', 'nothing is left']])('what is %s is refused, with what would be right', (_, history, state, hint) =>
    given(history).when(discard()).refused('LETTER_STATE', { state, command: 'discard', allowed: 'parked', hint: expect.stringContaining(hint) }))
})
