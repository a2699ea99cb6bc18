import { describe, expect, it } from 'vitest'
import { formatTraceparent, fromOutside, newTraceparent, parseTraceparent } from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

describe('traceparent', () => {
  it('is read and written', () => {
    const given = `00-${TRACE}-${SPAN}-01`
    expect(parseTraceparent(given)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true })
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-02`)).toMatchObject({ sampled: false })
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, sampled: true })).toBe(given)
  })

  it('of a later version is read as far as it is known', () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01-more`)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true })
  })

  it.each([
    ['nothing', undefined], ['an empty one', ''], ['words', 'a trace'], ['version ff', `ff-${TRACE}-${SPAN}-01`], ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`], ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`], ['more than version 00 has', `00-${TRACE}-${SPAN}-01-more`],
    ['no flags', `00-${TRACE}-${SPAN}`], ['blanks', ` 00-${TRACE}-${SPAN}-01`], ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`], ['a line more', `00-${TRACE}-${SPAN}-01\nx`],
  ])('%s is none', (_, value) => expect(parseTraceparent(value)).toBeNull())

  it('from outside gives its trace, never what is recorded', () => {
    expect(fromOutside(`00-${TRACE}-${SPAN}-01`, false)).toBe(`00-${TRACE}-${SPAN}-00`)
    expect(fromOutside(`00-${TRACE}-${SPAN}-00`, true)).toBe(`00-${TRACE}-${SPAN}-01`)
    expect(fromOutside('00-zz-zz-01', true)).toBeNull()
  })

  it('begun anew is one, and another each time', () => {
    const [one, other] = [newTraceparent(true), newTraceparent(true)]
    expect(parseTraceparent(one)).toMatchObject({ sampled: true })
    expect(one).not.toBe(other)
  })
})
