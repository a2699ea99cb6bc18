import { describe, expect, it } from 'vitest'
import type { Route } from '../routes/port.ts'
import { entriesOf } from './map-entries.ts'

const naming = { domain: 'play.example.org', claimHeader: (claimId: string) => `${claimId}.secret` }
const asleep: Route = { deploymentId: 'd', name: 'demo', claimId: 'd-2', state: 'asleep', address: null, reason: null, sequence: '1' }
const routed: Route = { ...asleep, state: 'routed', address: '10.0.0.7:5000' }
const written = (...given: Parameters<typeof entriesOf>) => entriesOf(...given).map(({ map, key, value }) => `${map} ${key} ${value}`)

describe('map entries', () => {
  it('put the slot in before the host leads to it, and take the slot of the claim before out at last', () => {
    expect(written(routed, 'd-1', true, naming)).toEqual([
      'slots.map d-2 10.0.0.7|5000|d-2.secret', 'reasons.map d null', 'hosts.map demo.play.example.org d-2|d|live', 'slots.map d-1 null',
    ])
  })

  it('keep the host of a sleeping deployment, without a slot', () => {
    expect(written(asleep, 'd-2', true, naming)).toEqual(['reasons.map d null', 'hosts.map demo.play.example.org d-2|d|live', 'slots.map d-2 null'])
  })

  it('tell the reason before the state', () => {
    expect(written({ ...asleep, state: 'stopped', reason: 'maintenance' }, 'd-1', true, naming)).toEqual([
      `reasons.map d ${Buffer.from('maintenance').toString('base64')}`, 'hosts.map demo.play.example.org d-2|d|stopped', 'slots.map d-1 null', 'slots.map d-2 null',
    ])
  })

  it('count under the deployment before its first claim', () => {
    expect(written({ ...asleep, claimId: null }, null, true, naming)).toContain('hosts.map demo.play.example.org d|d|live')
  })

  it('leave a name alone that another deployment has now', () => {
    expect(written({ ...asleep, state: 'deleted' }, null, false, naming).some((entry) => entry.startsWith('hosts.map'))).toBe(false)
  })

  it('hold nothing that the runtime API would take apart', () => {
    const reason = 'a; b\nc "d" <e> \\ \'f\' '.repeat(40)
    const values = entriesOf({ ...asleep, state: 'failed', reason }, null, true, naming).flatMap(({ value }) => value ?? [])
    expect(values.join('')).toMatch(/^[\w+/=|.-]+$/)
  })
})
