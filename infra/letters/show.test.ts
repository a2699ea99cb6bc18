import { expect, test } from 'vitest'
import { wireHeaders, type StreamMessage } from '../nats/wire.ts'
import { show } from './show.ts'

const message = (data: Uint8Array, fields: Readonly<Record<string, string>> = {}): StreamMessage => ({ subject: 's', sequence: 1, at: '2026-01-01T00:00:00Z', data, header: (name) => fields[name] })
const nothing = { id: null, type: null, version: null, metadata: null, revision: null }

test('an event is shown with all that travelled with it', () => {
  const metadata = { correlationId: 'c', actor: 'operator' }
  const fields = Object.fromEntries(wireHeaders({ id: 'e', type: 'Happened', version: 2, metadata, data: {}, revision: 4 }))
  expect(show(message(Buffer.from('{"text":"Zürich ✈"}'), fields))).toEqual({ headers: { id: 'e', type: 'Happened', version: 2, metadata, revision: 4 }, encoding: 'json', data: { text: 'Zürich ✈' }, bytes: 22 })
})

test.each([
  ['text', Buffer.from('no event'), 'no event'], ['text', Buffer.from(''), ''], ['base64', Buffer.from([0xff, 0xfe, 0]), '//4A'],
])('what is no JSON is shown as %s', (encoding, data, shown) => {
  expect(show(message(data))).toEqual({ headers: nothing, encoding, data: shown, bytes: data.byteLength })
})

test('headers that are not what they should be are shown as they are', () => {
  expect(show(message(Buffer.from('1'), { 'Event-Metadata': '{broken', 'Event-Version': 'two' })).headers).toEqual({ ...nothing, metadata: '{broken', version: 'two' })
})
