import { expect, test } from 'vitest'
import { duringCall } from './calls.ts'
import { openLines, told } from './lines.ts'

const hear = (maxLines: number) => {
  const heard: Record<string, unknown>[] = []
  let time = 0
  const lines = openLines({ name: 'f', maxLines, write: (line) => heard.push(JSON.parse(line) as Record<string, unknown>), now: () => time })
  return { heard, lines, pass: (ms: number) => void (time += ms) }
}

test('a line says which function and which call', () => {
  const { heard, lines } = hear(0)
  lines.info({}, 'outside')
  duringCall({ id: 'c1', fail: () => {} }, () => lines.warn({ status: 500 }, 'inside'))
  expect(heard).toEqual([{ level: 30, time: expect.any(String), function: 'f', msg: 'outside' }, { level: 40, time: expect.any(String), function: 'f', callId: 'c1', status: 500, msg: 'inside' }])
})

test('a flood is counted, and told of when it is over', () => {
  const { heard, lines, pass } = hear(3)
  for (let n = 0; n < 1_000; n += 1) lines.info({}, `line ${n}`)
  expect(heard.map(({ msg }) => msg)).toEqual(['line 0', 'line 1', 'line 2'])
  pass(1_000)
  lines.info({}, 'after')
  lines.info({}, 'again')
  expect(heard.slice(3)).toMatchObject([{ msg: 'after', linesNotWritten: 997 }, { msg: 'again' }])
  expect(heard[4]).not.toHaveProperty('linesNotWritten')
})

test('a line is one line, of bounded length, whatever it is made of', () => {
  const { heard, lines } = hear(0)
  lines.info({}, `a\nb${'x'.repeat(100_000)}`)
  lines.error(told({ odd: 1n }), 'failed')
  lines.error(told(new TypeError('y'.repeat(100_000))), 'failed')
  expect(heard[0]?.['msg']).toHaveLength(8_192)
  expect(heard[1]).toMatchObject({ err: { message: '{ odd: 1n }' } })
  expect(JSON.stringify(heard[2])).toHaveLength(JSON.stringify(heard[2]).slice(0, 20_000).length)
})
