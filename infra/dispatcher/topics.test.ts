import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covers, parseTopics } from './topics.ts'

describe('the annotation topic', () => {
  it('selects the stream by its first token, trimmed', () => {
    const { subjects, problems } = parseTopics(' events.deployment.* ,hits.*,, timers.due.idle.>')
    expect([...subjects]).toEqual([['EVENTS', ['events.deployment.*']], ['HITS', ['hits.*']], ['TIMERS', ['timers.due.idle.>']]])
    expect(problems).toEqual([])
  })

  it.each([
    ['cron-function', /no stream/], ['events', /no stream/], ['>', /no stream/], ['constructor.x', /no stream/],
    ['events..a', /empty token/], ['events.a b', /blank/], ['events.>.a', /before its end/], ['events.dep*', /not a whole token/],
  ])('leaves out %s with a reason', (topic, reason) => {
    const { subjects, problems } = parseTopics(`${topic},events.name.*`)
    expect([...subjects]).toEqual([['EVENTS', ['events.name.*']]])
    expect(problems).toEqual([expect.stringMatching(reason)])
  })

  it('drops what another topic covers, and repetitions', () => {
    expect(parseTopics('events.instance.*,events.>,events.deployment.a,events.>').subjects.get('EVENTS')).toEqual(['events.>'])
  })

  it.each([
    ['events.>', 'events.a.b', true], ['events.>', 'events.>', true], ['events.*.a', 'events.b.a', true], ['events.*', 'events.a.b', false],
    ['events.*', 'events.>', false], ['events.a', 'events.*', false], ['events.>', 'events', false], ['events.*.a', 'events.b.*', false],
  ])('%s covers %s: %s', (wide, narrow, expected) => expect(covers(wide, narrow)).toBe(expected))

  it('never leaves one kept topic covered by another', () => {
    const token = fc.constantFrom('a', 'b', '*')
    const topic = fc.tuple(fc.array(token, { minLength: 1, maxLength: 3 }), fc.boolean()).map(([tokens, open]) => ['events', ...tokens, ...(open ? ['>'] : [])].join('.'))
    fc.assert(fc.property(fc.array(topic, { minLength: 1, maxLength: 6 }), (topics) => {
      const kept = parseTopics(topics.join(',')).subjects.get('EVENTS') ?? []
      expect(topics.every((each) => kept.some((other) => covers(other, each)))).toBe(true)
      expect(kept.some((each) => kept.some((other) => other !== each && covers(other, each)))).toBe(false)
    }))
  })
})
