import { expect, test } from 'vitest'
import { metadataSchema, streamCategory, streamId } from './envelope.ts'

test('a stream name is a category and an id, which may hold dots', () => {
  expect([streamCategory('deployment.abc'), streamId('deployment.abc')]).toEqual(['deployment', 'abc'])
  expect([streamCategory('instance.a.b-1'), streamId('instance.a.b-1')]).toEqual(['instance', 'a.b-1'])
})

test('metadata says who asked and what it belongs to, and nothing else', () => {
  const metadata = { correlationId: 'c', causationId: 'e', actor: 'function:idle', requestHash: 'h', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  expect(metadataSchema.parse(metadata)).toEqual(metadata)
  expect(metadataSchema.parse({ correlationId: 'c', actor: 'operator' })).toEqual({ correlationId: 'c', actor: 'operator' })
  for (const wrong of [{ actor: 'a' }, { correlationId: 'c' }, { correlationId: '', actor: 'a' }, { correlationId: 'c', actor: 'a', token: 'secret' }, { correlationId: 'c'.repeat(201), actor: 'a' }])
    expect(metadataSchema.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false)
})
