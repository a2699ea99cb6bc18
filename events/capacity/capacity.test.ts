import { expect, test } from 'vitest'
import { parseEvent } from '../catalogue.ts'
import * as decide from './decide.ts'
import { MOST_REFUSALS, type CapacityEvent } from './events.ts'

const at = '2026-01-01T00:00:09.000Z'
const refusals = Array.from({ length: MOST_REFUSALS + 1 }, (_, index) => ({ node: `node-${index}`, reason: '' }))
const none = (newest: CapacityEvent | null) => decide.exhausted({ plan: 'small', at, refusals }, newest)
const some = (newest: CapacityEvent | null) => decide.freeAgain({ at }, newest)

test('that there is no slot is said once, and once that there are some again', () => {
  const [exhausted] = none(null)
  expect(exhausted && parseEvent(exhausted.type, exhausted.data)).toEqual(exhausted)
  expect(exhausted).toMatchObject({ type: 'SlotsExhausted', data: { refusals: { length: MOST_REFUSALS, 0: { node: 'node-0', reason: 'no reason was given' } } } })
  expect(none(exhausted ?? null)).toEqual([])
  const [free] = some(exhausted ?? null)
  expect(free).toEqual({ type: 'SlotsFreeAgain', data: { plan: 'small', at, exhaustedAt: at } })
  expect(some(free ?? null)).toEqual([])
  expect(some(null)).toEqual([])
  expect(none(free ?? null)).toHaveLength(1)
})
