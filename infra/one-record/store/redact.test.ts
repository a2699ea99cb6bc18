import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCommit, encodeCommit, HEADER_BYTES, type Op } from './commit.ts'
import { redactCommit } from './redact.ts'

const header = { kind: 'write', commitId: 'c', epoch: 1, at: '2026-01-01T00:00:00.000Z' } as const
const bodies = [Buffer.from('{"name":"Erika"}'), Buffer.from('{"name":"büro"}'), Buffer.from('both')]
const at = (index: number): [number, number, number] => [7, HEADER_BYTES + bodies.slice(0, index).reduce((sum, { length }) => sum + length, 0), bodies[index]?.length ?? 0]
const OPS: readonly Op[] = [
  { key: 'revision/erika/1', json: '{"title":"Erika"}', place: at(0) }, { key: 'revision/buero/1', json: '{"title":"büro"}', place: at(1) },
  { key: 'term/erika', json: '1', place: null }, { key: 'object/erika', json: null, place: null },
  { key: 'shared/erika', json: '"Erika"', place: at(2) }, { key: 'shared/buero', json: '"x"', place: at(2) },
]
const commit = encodeCommit(header, OPS, bodies)

const chooseErika = ({ key }: Op) => (key.includes('erika') ? key.replace(/^term\/erika$/, 'term/xxxxx') : null)

test('what is chosen is gone, everything else is where it was', () => {
  const { bytes, rows } = redactCommit(7, commit, chooseErika)
  expect([bytes.length, rows]).toEqual([commit.length, 4])
  expect(bytes.toString()).not.toContain('Erika')
  const { header: kept, ops } = decodeCommit(7, bytes)
  expect(kept).toEqual(decodeCommit(7, commit).header)
  expect(ops.map(({ key, place }) => ({ key, place }))).toEqual(OPS.map(({ key, place }) => ({ key: key.replace('term/erika', 'term/xxxxx'), place })))
  expect(ops.map(({ json }) => (json === null ? undefined : JSON.parse(json)))).toEqual([null, { title: 'büro' }, 0, undefined, null, 'x'])
  const body = (index: number) => bytes.toString('utf8', at(index)[1], at(index)[1] + at(index)[2])
  expect([body(0).trim(), body(1), body(2)]).toEqual(['', '{"name":"büro"}', 'both'])
})

test('again it changes nothing; of nothing it changes nothing', () => {
  const once = redactCommit(7, commit, chooseErika).bytes
  expect(redactCommit(7, once, chooseErika).bytes).toEqual(once)
  expect(redactCommit(7, commit, () => null).bytes).toEqual(commit)
})

test('any rows of any commit', () => {
  const ops = fc.array(fc.record({ key: fc.stringMatching(/^[a-z/%0-9]{1,20}$/), json: fc.option(fc.jsonValue().map((value) => JSON.stringify(value))), place: fc.constant(null) }), { maxLength: 20 })
  fc.assert(fc.property(ops, fc.func(fc.boolean()), (any, choose) => {
    const before = encodeCommit(header, any)
    const { bytes } = redactCommit(1, before, ({ key }) => (choose(key) ? key : null))
    expect(bytes).toHaveLength(before.length)
    const after = decodeCommit(1, bytes).ops
    for (const [index, op] of any.entries()) {
      const expected = op.json !== null && choose(op.key) ? [op.key, op.json.length < 4 && Buffer.byteLength(op.json) < 4 ? 0 : null] : [op.key, op.json && JSON.parse(op.json)]
      expect([after[index]?.key, after[index]?.json && JSON.parse(after[index].json)]).toEqual(expected)
    }
  }))
})

test('a key of another length is refused', () => {
  expect(() => redactCommit(7, commit, ({ key }) => `${key}x`)).toThrow(RangeError)
})

test.each([['nothing', Buffer.alloc(0)], ['half of it', commit.subarray(0, commit.length - 1)]])('%s is refused', (_, bytes) => {
  expect(() => redactCommit(7, bytes, ({ key }) => key)).toThrow()
})
