import { expect, test } from 'vitest'
import { isAskedFor, isUnfiltered, readEventQuery } from './event-query.ts'

const event = { created: Date.parse('2026-03-01T12:00:00.500Z'), occurred: Date.parse('2026-02-01T00:00:00Z'), code: 'https://onerecord.iata.org/ns/code-lists/StatusCode#DEP' }
const ask = (query: string) => readEventQuery(new URLSearchParams(query))

test.each([
  ['', true], ['event-code=DEP', true], ['event-code=ARR,DEP', true], ['event-code=ARR', false], ['event-code=StatusCode%23DEP', true],
  ['event-code=https%3A%2F%2Fonerecord.iata.org%2Fns%2Fcode-lists%2FStatusCode%23DEP', true],
  ['created-after=20260301T120000Z', true], ['created-after=20260301T120001Z', false], ['created-before=20260301T120001Z', true], ['created-before=20260301T120000Z', false],
  ['occurred-after=20260201T000000Z', false], ['occurred-after=20260131T235959Z', true], ['occurred-before=20260201T000000Z', false], ['occurred-before=20260201T000001Z', true],
  ['event-code=DEP&occurred-before=20250101T000000Z', false],
])('%s asks for it: %s', (query, asked) => expect(isAskedFor(ask(query), event)).toBe(asked))

test('an event without a code is asked for by none', () => expect(isAskedFor(ask('event-code=DEP'), { ...event, code: null })).toBe(false))

test('order and page are no filters', () => {
  expect(isUnfiltered(ask('sort=DESC-eventDate&limit=3&skip=2'))).toBe(true)
  expect(ask('sort=DESC-eventDate&limit=3&skip=2')).toMatchObject({ sort: { by: 'occurred', descending: true }, limit: 3, skip: 2 })
  expect(isUnfiltered(ask('event-code=DEP'))).toBe(false)
})

test.each([
  ['event-code', ''], ['event-code', 'DEP,'], ['created-after', 'yesterday'], ['created-before', '2026-01-01T00:00:00Z'], ['occurred-after', '20260231T000000Z'], ['occurred-before', ''],
  ['sort', 'eventDate'], ['sort', 'constructor'], ['limit', '-1'], ['limit', 'ten'], ['limit', '1.5'], ['limit', ''], ['skip', '99999999999'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => readEventQuery(new URLSearchParams([[name, value]]))).toThrow(expect.objectContaining({ status: 400, message: expect.stringContaining(name) as unknown }))
})
