import { expect, test } from 'vitest'
import { XSD } from '../namespaces.ts'
import { isLexical, literalKey } from './literal.ts'

const key = (value: string | number | boolean, type: string | null = null) => literalKey({ kind: 'literal', value, datatype: type === null ? null : XSD + type, language: null })

test.each<[string, string, string]>([
  [key(20), key('20.0', 'double'), 'number 2e1'], [key('0.10', 'decimal'), key(0.1), 'number 1e-1'], [key('1.5E3', 'double'), key('+1500', 'integer'), 'number 15e2'],
  [key('-0', 'integer'), key('0e999999999', 'double'), 'number 0'], [key('1e-999999999', 'double'), key('10e-1000000000', 'double'), 'number 1e-999999999'], [key('INF', 'double'), key('INF', 'float'), 'number INF'],
  [key(true), key('1', 'boolean'), 'boolean true'], [key('http://x.test', 'anyURI'), key('http://x.test'), 'string http://x.test@'],
  [key('2026-01-01T01:00:00+01:00', 'dateTime'), key('2026-01-01T00:00:00.000Z', 'dateTime'), 'dateTime 1767225600000 '],
])('%s is %s', (left, right, both) => expect([left, right]).toEqual([both, both]))

test.each<[string, string]>([
  [key('12345678901234567890', 'integer'), key('12345678901234567891', 'integer')], [key('20'), key(20)], [key(true), key('false', 'boolean')],
  [key('2026-01-01T00:00:00.0001Z', 'dateTime'), key('2026-01-01T00:00:00Z', 'dateTime')], [key('1', 'string'), key('1', 'integer')], [key('-1', 'integer'), key('1', 'integer')],
])('%s is not %s', (left, right) => expect(left).not.toBe(right))

test.each<[string, string, boolean]>([
  ['boolean', 'true', true], ['boolean', 'yes', false], ['integer', '-12', true], ['integer', '1.0', false], ['positiveInteger', '0', false], ['positiveInteger', '007', true],
  ['nonNegativeInteger', '-0', true], ['nonNegativeInteger', '-1', false], ['double', '.5e-3', true], ['double', 'five', false], ['decimal', '1e3', false], ['date', '2026-02-30', false], ['date', '2028-02-29Z', true], ['dateTime', '2026-02-30T00:00:00Z', false], ['dateTime', '2026-01-01T25:00:00Z', false],
  ['date', '2026-13-01', false], ['dateTime', '2026-01-01T00:00:00Z', true], ['dateTime', '2026-01-01', false], ['dateTimeStamp', '2026-01-01T00:00:00', false], ['constructor', 'x', true], ['unknown', 'x', true],
])('%s %s: %s', (type, text, expected) => expect(isLexical(text, XSD + type)).toBe(expected))

test('a million zeros take no time', () => {
  const zeros = '0'.repeat(1_000_000)
  const begin = performance.now()
  expect(key(`0.${zeros}1`, 'decimal')).toBe('number 1e-1000001')
  expect(isLexical(`1${zeros}`, `${XSD}positiveInteger`)).toBe(true)
  key(`2026-01-01T00:00:00.${zeros}1Z`, 'dateTime')
  expect(performance.now() - begin).toBeLessThan(1_000)
})
