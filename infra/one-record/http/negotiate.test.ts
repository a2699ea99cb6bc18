import { expect, test } from 'vitest'
import { choose, chooseCoding, contentType } from './negotiate.ts'

test.each([
  [undefined, '2.3.0', 'compacted'], ['', '2.3.0', 'compacted'], ['application/ld+json; version=2.2.0', '2.2.0', 'compacted'], ['application/ld+json;version="2.3.0"', '2.3.0', 'compacted'],
  ['application/ld+json; version=1.2', '2.3.0', 'compacted'], ['text/html, application/json', '2.3.0', 'compacted'], ['APPLICATION/LD+JSON;Version=2.2.0', '2.2.0', 'compacted'],
  ['application/ld+json;version=2.3.0;q=0.5, application/ld+json;version=2.2.0;q=0.9', '2.2.0', 'compacted'], ['*/*;q=0.1, application/ld+json;version=2.2.0', '2.2.0', 'compacted'],
  ['application/ld+json; profile="http://www.w3.org/ns/json-ld#expanded"', '2.3.0', 'expanded'],
  ['application/ld+json; profile="http://a.test/,;x http://www.w3.org/ns/json-ld#flattened"; version=2.2.0', '2.2.0', 'flattened'],
])('Accept %s is %s %s', (accept, version, form) => expect(choose(accept)).toEqual({ version, form }))

test.each(['text/turtle', 'application/ld+json;q=0', 'text/*', ',,;;"', 'application/ld+json;q=9'])('Accept %s gets nothing', (accept) => expect(choose(accept)).toBeNull())

test('the form is said in the content type', () => {
  expect(contentType()).toBe('application/ld+json; version=2.3.0')
  expect(contentType({ version: '2.2.0', form: 'expanded' })).toBe('application/ld+json; version=2.2.0; profile="http://www.w3.org/ns/json-ld#expanded"')
})

test.each([
  [undefined, null], ['gzip', 'gzip'], ['gzip, deflate, br', 'br'], ['gzip;q=1, br;q=0.5', 'gzip'], ['br;q=0, gzip', 'gzip'], ['*', 'br'], ['identity', null], ['gzip;q=0.1, identity;q=1', null], ['*;q=0', null], ['deflate, zstd', null],
])('Accept-Encoding %s is %s', (header, coding) => expect(chooseCoding(header)).toBe(coding))
