import { describe, expect, it } from 'vitest'
import { parseActivity } from './activity.ts'
import { ACTIVITY_EXPIRE_MS } from './haproxy-config.ts'
import { inFlight } from './waker/in-flight.ts'

const table = (lines: string) => `# table: activity, type: string, size:1048576, used:1\n${lines}\n`

describe('activity of HAProxy', () => {
  it('is read off the stick table', () => {
    expect(parseActivity(table(`0x55: key=d-1 use=2 exp=${ACTIVITY_EXPIRE_MS - 1_500} conn_cur=2 http_req_cnt=7`))).toEqual({ inFlight: 2, idleMs: 1_500, requests: 7 })
  })

  it('is none without an entry, and not known without a table', () => {
    expect(parseActivity(table(''))).toEqual({ inFlight: 0, idleMs: null, requests: 0 })
    expect(() => parseActivity('No such table\n')).toThrow('does not show')
  })
})

describe('activity of the waker', () => {
  it('tells what HAProxy counts as well from what it does not', () => {
    let now = 0
    const waking = inFlight(() => now)
    expect(waking.of('d-2')).toEqual({ inFlight: 0, alike: 0, idleMs: null, requests: 0 })
    const [alike, other] = [waking.begin('d-2', 'd-2'), waking.begin('d-2', 'd-1')]
    expect(waking.of('d-2')).toEqual({ inFlight: 2, alike: 1, idleMs: 0, requests: 1 })
    now = 50
    alike()
    alike()
    now = 70
    expect(waking.of('d-2')).toEqual({ inFlight: 1, alike: 0, idleMs: 20, requests: 1 })
    other()
    expect(waking.of('d-2')).toMatchObject({ inFlight: 0, idleMs: 0 })
  })
})
