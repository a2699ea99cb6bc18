import { validateHeaderValue } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeHeader, toHeaders, type DeliveryHead } from './cloud-event.ts'

const head: DeliveryHead = {
  id: 'e1', type: 'InstancePaused', subject: 'events.instance.d1-3', sequence: '42', revision: 7, version: 1, at: '2026-01-01T00:00:00.000Z', attempt: 2,
  metadata: { correlationId: 'c1', causationId: 'e0', actor: 'owner', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
}

describe('headers of a delivery', () => {
  it('are CloudEvents 1.0, binary mode', () => {
    expect(toHeaders(head)).toEqual({
      'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-id': 'e1', 'ce-type': 'InstancePaused', 'ce-source': '/events',
      'ce-subject': 'events.instance.d1-3', 'ce-sequence': '42', 'ce-revision': '7', 'ce-dataversion': '1', 'ce-time': '2026-01-01T00:00:00.000Z',
      'ce-attempt': '2', 'ce-correlationid': 'c1', 'ce-causationid': 'e0', 'ce-actor': 'owner', traceparent: head.metadata.traceparent,
    })
  })

  it('carry any text, as printable ASCII', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
      const headers = toHeaders({ ...head, metadata: { ...head.metadata, correlationId: text, actor: text } })
      expect(() => validateHeaderValue('ce-actor', headers['ce-actor'] ?? '')).not.toThrow()
      expect(decodeHeader(headers['ce-correlationid'] ?? '')).toBe(text)
    }))
  })

  it('leave out what is not there', () => {
    const headers = toHeaders({ ...head, revision: null, metadata: { correlationId: 'c1', actor: 'owner' } })
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['ce-revision']))
    expect(Object.values(headers)).not.toContain(undefined)
  })
})
