import { expect, test } from 'vitest'
import { STATUSES, TRANSITIONS } from '../../events/states.ts'
import { stateDiagram } from './state-diagram.ts'

test('a table becomes arrows: beginnings, labels, several events one way, ends', () => {
  expect(stateDiagram(['new', 'open', 'shut'], [
    { event: 'Made', from: [], to: 'new' },
    { event: 'Opened', from: ['new', 'shut'], to: 'open', when: 'by hand' },
    { event: 'Sprung', from: ['shut'], to: 'open' },
    { event: 'Broken', from: ['open'], to: 'gone' },
  ])).toBe(`stateDiagram-v2
    [*] --> new: Made
    new --> open: Opened (by hand)
    shut --> open: Opened (by hand), Sprung
    open --> gone: Broken`)
})

test('what may happen from nearly everywhere is one arrow', () => {
  const statuses = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'gone']
  expect(stateDiagram(statuses, [{ event: 'Gone', from: statuses.slice(0, 7), to: 'gone' }])).toBe(`stateDiagram-v2
    state "any but gone" as before_Gone
    before_Gone --> gone: Gone
    gone --> [*]`)
})

test('every row of the real table is in its diagram', () => {
  const diagram = stateDiagram(STATUSES, TRANSITIONS)
  for (const { event, from, to } of TRANSITIONS) {
    const arrows = from.length === 0 ? ['[*]'] : from.length > 6 ? [`before_${event}`] : from
    for (const source of arrows) expect(diagram).toMatch(new RegExp(`^ {4}${source.replaceAll(/[[\]*]/g, '\\$&')} --> ${to}: .*\\b${event}\\b`, 'm'))
  }
  expect(diagram).toContain('deleted --> [*]')
})
