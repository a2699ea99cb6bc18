import { describe, expect, it } from 'vitest'
import { MAX_AGE_MS, refusal, sign, type Signed } from './signature.ts'

const key = 'a-key'
const now = Date.parse('2026-01-01T00:00:00Z')
const signed: Signed = { id: 'e1', type: 'InstancePaused', sequence: '42', body: Buffer.from('{"name":"Zürich"}') }
const header = sign(key, signed, now)

describe('a signature', () => {
  it('holds for what was signed, five minutes long, with some skew of clocks', () => {
    for (const at of [now, now + MAX_AGE_MS, now - 1_000]) expect(refusal(key, signed, header, at)).toBeNull()
    expect(refusal(key, signed, header, now + MAX_AGE_MS + 1)).toMatch(/older than five minutes/)
  })

  it.each<[string, Partial<Signed>]>([
    ['id', { id: 'e2' }], ['type', { type: 'InstanceResumed' }], ['position', { sequence: '43' }], ['body', { body: Buffer.from('{}') }],
    ['border between id and type', { id: 'e1I', type: 'nstancePaused' }],
  ])('does not hold for another %s', (_, changed) => expect(refusal(key, { ...signed, ...changed }, header, now)).toMatch(/does not match/))

  it('does not hold under another key, or at another time than was signed', () => {
    expect(refusal('another', signed, header, now)).toMatch(/does not match/)
    expect(refusal(key, signed, header.replace(String(now), String(now + 1)), now)).toMatch(/does not match/)
  })

  it('that comes from a clock ahead is refused by that name', () => {
    expect(refusal(key, signed, header, now - MAX_AGE_MS)).toBeNull()
    expect(refusal(key, signed, header, now - MAX_AGE_MS - 1)).toMatch(/from now: one of the two clocks is wrong/)
  })

  it.each([undefined, '', 'v1=00', `t=${now},v1=zz`, `${header},v1=00`])('is refused as "%s"', (value) => expect(refusal(key, signed, value, now)).toMatch(/header|is not/))
})
