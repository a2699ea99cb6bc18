import { describe, expect, test } from 'vitest'
import { parseEvent } from '../catalogue.ts'
import * as decide from './decide.ts'
import type { NodeEvent } from './events.ts'
import { evolve, type Node } from './state.ts'

const at = '2026-01-01T00:00:09.000Z'
const after = (...events: readonly NodeEvent[]): Node | null => events.reduce<Node | null>(evolve, null)
const [started] = decide.started({ node: 'n', adopted: 2, maxSlots: 9, at })
const [slotLost] = decide.slotLost({ node: 'n', slot: 's', plan: 'small', reason: 'it ended', output: ['Killed'], at })
const [stopped] = decide.stopped({ at }, { node: 'n', status: 'started', since: at, lastSeenAt: at })
const [lost] = decide.lost({ at, lastSeenAt: at }, { node: 'n', status: 'started', since: at, lastSeenAt: at })
if (!started || !slotLost || !stopped || !lost) throw new Error('each is one event')

describe('an agent', () => {
  test.each([['started', [started], 'started'], ['stopped', [started, stopped], 'stopped'], ['lost', [started, lost], 'lost'], ['back again', [started, lost, started], 'started'], ['one slot short', [started, slotLost], 'started']] as const)(
    'that is %s', (_, events, status) => expect(after(...events)).toEqual({ node: 'n', status, since: at, lastSeenAt: at }))

  test('is what the newest event alone says', () => {
    for (const events of [[started, stopped], [started, lost], [started, slotLost], [lost, started]] as const) expect(after(...events)).toEqual(after(events[1]))
  })
  test('stops once, and only what had started', () => {
    expect(decide.stopped({ at }, after(started, stopped))).toEqual([])
    expect(decide.stopped({ at }, null)).toEqual([])
  })
  test('is lost once; also after it was stopped', () => {
    const fact = { at, lastSeenAt: at }
    expect([decide.lost(fact, null), decide.lost(fact, after(started, lost))]).toEqual([[], []])
    expect(decide.lost(fact, after(started, stopped))).toEqual([{ type: 'AgentLost', data: { node: 'n', ...fact } }])
  })
})

test('a slot that died says why and what it wrote last, as its schema takes it', () => {
  const [event] = decide.slotLost({ node: 'n', slot: 's', plan: 'small', reason: '', output: Array.from({ length: 30 }, (_, line) => `${line}\u0007${'x'.repeat(400)}`), at })
  expect(event && parseEvent(event.type, event.data)).toEqual(event)
  expect(event).toMatchObject({ type: 'SlotLost', data: { reason: 'no reason was given', logTail: expect.arrayContaining([`29 ${'x'.repeat(297)}`]) as string[] } })
})
