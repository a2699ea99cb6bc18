import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { expect, it } from 'vitest'
import { eachLine } from './each-line.ts'

const linesOf = async (...chunks: readonly (string | Buffer)[]): Promise<readonly string[]> => {
  const lines: string[] = []
  const output = Readable.from(chunks, { objectMode: false })
  eachLine(output, (line) => lines.push(line))
  await finished(output)
  return lines
}

it('tells lines however they are cut, the last without its end', async () => {
  const snow = Buffer.from('snow ☃')
  expect(await linesOf('o', 'ne\ntwo\r\n', '\n', snow.subarray(0, 6), snow.subarray(6), '\nlast')).toEqual(['one', 'two', '', 'snow ☃', 'last'])
})

it('tells a line without end in pieces', async () => {
  const told = await linesOf(...Array.from({ length: 100 }, () => 'x'.repeat(10_000)))
  expect(told.length).toBeGreaterThan(5)
  expect(Math.max(...told.map(({ length }) => length))).toBeLessThan(100_000)
  expect(told.join('')).toHaveLength(1_000_000)
})
