import { describe, expect, test } from 'vitest'
import type { LogLine } from '../../function-logs.ts'
import { frames, type Frame } from './frames.ts'
import { lineOf } from './line.ts'
import { inOrder, newest } from './order.ts'

const frame = (stream: number, text: string): Buffer => {
  const head = Buffer.alloc(8)
  head.writeUInt8(stream)
  head.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([head, Buffer.from(text)])
}
async function* each<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values
}
const all = async <T>(values: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = []
  for await (const value of values) found.push(value)
  return found
}

describe('pieces of a log', () => {
  const bytes = Buffer.concat([frame(1, 'first ü\n'), frame(2, ''), frame(2, 'second\n')])
  const pieces: readonly Frame[] = [{ stream: 1, text: 'first ü\n' }, { stream: 2, text: '' }, { stream: 2, text: 'second\n' }]

  test.each([1, 3, 8, 11, 1_000])('in chunks of %i bytes', async (size) => {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
    expect(await all(frames(each(chunks)))).toEqual(pieces)
  })

  test('the rest of one that is not whole is none', async () => {
    expect(await all(frames(each([bytes.subarray(0, bytes.length - 1)])))).toEqual(pieces.slice(0, 2))
  })

  test('what is no log is not gathered', async () => {
    await expect(all(frames(each([Buffer.from('HTTP is no log')])))).rejects.toThrow('a piece of a log')
  })
})

describe('a line', () => {
  const NOW = new Date('2026-11-21T18:00:00Z')
  const DETAILS = 'com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t1'
  const line = (more: Partial<LogLine>): LogLine => ({ name: 'echo', namespace: 'openfaas-fn', instance: 't1', timestamp: '2026-11-21T17:31:47.485267922Z', text: 'listening on 8080', ...more })

  test.each<[string, Frame, Partial<LogLine>]>([
    ['of a replica', { stream: 1, text: `2026-11-21T17:31:47.485267922Z ${DETAILS} listening on 8080\n` }, {}],
    ['that is empty', { stream: 2, text: `2026-11-21T17:31:47.485267922Z ${DETAILS} \n` }, { text: '' }],
    ['of several, or with = in it', { stream: 2, text: `2026-11-21T17:31:47.485267922Z ${DETAILS} a=b,\n  c\n` }, { text: 'a=b,\n  c' }],
    ['without details', { stream: 1, text: '2026-11-21T17:31:47.485267922Z hello there\n' }, { instance: 'docker', text: 'hello there' }],
    ['of the engine\'s own', { stream: 3, text: 'Error grabbing logs: node n3 is not available' }, { instance: 'docker', timestamp: NOW.toISOString(), text: 'Error grabbing logs: node n3 is not available' }],
  ])('%s', (_, piece, expected) => {
    expect(lineOf(piece, 'echo.openfaas-fn', NOW)).toEqual(line(expected))
  })
})

describe('lines of several replicas', () => {
  const at = (second: number, instance: string): LogLine => ({ name: 'echo', namespace: 'n', instance, timestamp: new Date(second * 1_000).toISOString(), text: String(second) })
  const replicas = [...[1, 3, 5, 7].map((second) => at(second, 'a')), ...[2, 4, 6].map((second) => at(second, 'b'))]
  const texts = (lines: readonly LogLine[]) => lines.map(({ text }) => Number(text))

  test('are put in order', async () => {
    expect(texts(await all(inOrder(each(replicas))))).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  test('however many they are, and the newest of them', async () => {
    const many = ['a', 'b'].flatMap((instance, which) => Array.from({ length: 1_900 }, (_, i) => at(2 * i + which, instance)))
    expect(texts(await all(inOrder(each(many))))).toEqual(Array.from({ length: 3_800 }, (_, i) => i))
    const more = Array.from({ length: 30_000 }, (_, i) => at(i, 'a'))
    expect(texts(await newest(each(more), 3))).toEqual([29_997, 29_998, 29_999])
    expect([await newest(each(more), 0), texts(await newest(each(replicas), 100))]).toEqual([[], [1, 2, 3, 4, 5, 6, 7]])
  })
})
