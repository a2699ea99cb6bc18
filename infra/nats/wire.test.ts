import { expect, test } from 'vitest'
import { isFailure } from '../../events/errors.ts'
import { subjectMatches } from './subject-matches.ts'
import { decodeMessage, wireBody, wireHeaders, type Outgoing, type StreamMessage } from './wire.ts'

const outgoing: Outgoing = {
  id: 'e1', type: 'ProxyHit', version: 1, data: { deploymentId: 'ü', claimId: null },
  metadata: { correlationId: 'c', causationId: 'line\r\nbreak', actor: 'ünï', traceparent: '00-1' },
}
const stored = (changes: Readonly<Record<string, string>> = {}, body = wireBody(outgoing)): StreamMessage => {
  const fields = new Map([...wireHeaders(outgoing), ...Object.entries(changes)])
  return { subject: 'hits.d', sequence: 7, at: '2026-01-01T00:00:00Z', data: body, header: (name) => fields.get(name) || undefined }
}
const isMalformed = (message: StreamMessage): boolean => {
  try {
    decodeMessage(message)
    return false
  } catch (error) {
    return isFailure(error, 'MALFORMED_EVENT')
  }
}

test('what is encoded comes back whole; no header can be broken by what it holds', () => {
  expect(decodeMessage(stored())).toEqual({ ...outgoing, revision: null, subject: 'hits.d', sequence: '7', at: '2026-01-01T00:00:00Z' })
  for (const [, value] of wireHeaders(outgoing)) expect(value).not.toMatch(/[\r\n]/)
})
test('an event has its revision', () => {
  expect(decodeMessage(stored({ 'Event-Revision': '3' })).revision).toBe(3)
})
test('what is not in the format is malformed', () => {
  const wrong = [
    { 'Event-Id': '' }, { 'Event-Type': '' }, { 'Event-Version': '0' }, { 'Event-Version': 'one' }, { 'Event-Revision': '-1' },
    { 'Event-Metadata': '{' }, { 'Event-Metadata': '{"actor":"a"}' },
  ] as const
  for (const changes of wrong) expect(isMalformed(stored(changes))).toBe(true)
  expect(isMalformed(stored({}, new TextEncoder().encode('not json')))).toBe(true)
  expect(isMalformed({ subject: 'hits.d', sequence: 1, at: '', data: new Uint8Array(), header: () => undefined })).toBe(true)
  expect(isMalformed(stored())).toBe(false)
})
test('text that no row can hold is malformed, wherever it is; one that only talks of it is not', () => {
  const body = (text: string) => new TextEncoder().encode(text)
  for (const text of ['{"a":"\\u0000"}', '{"a":["\\uD83D"]}', '{"\\udc00":1}']) expect(isMalformed(stored({}, body(text)))).toBe(true)
  expect(isMalformed(stored({ 'Event-Id': 'a\0' }))).toBe(true)
  expect(isMalformed(stored({ 'Event-Metadata': '{"correlationId":"\\u0000","actor":"a"}' }))).toBe(true)
  expect(isMalformed({ ...stored(), subject: 'hits.\0' })).toBe(true)
  for (const text of ['{"a":"\\\\u0000"}', '{"a":"\\ud83d\\ude00"}']) expect(isMalformed(stored({}, body(text)))).toBe(false)
})
test('patterns match as NATS has it', () => {
  const matches = (pattern: string) => ['a', 'a.b', 'a.b.c', 'b.b'].filter((subject) => subjectMatches(pattern, subject))
  expect(matches('a.*')).toEqual(['a.b'])
  expect(matches('a.>')).toEqual(['a.b', 'a.b.c'])
  expect(matches('>')).toEqual(['a', 'a.b', 'a.b.c', 'b.b'])
  expect(matches('*.b')).toEqual(['a.b', 'b.b'])
  expect(matches('a.b')).toEqual(['a.b'])
})
