import { expect, test } from 'vitest'
import { mutated } from './mutate.ts'

const JSON_LD = { '@type': 'cargo:Piece', a: { b: [1, 2] } }
const at = (how: 'left out' | 'another' | 'twice' | 'renamed', ...way: readonly number[]) => mutated(JSON_LD, [{ way, how, value: 'x' }])

test('one place of a body is left out, another, twice or under another name, and the rest stays', () => {
  expect([at('left out', 0), at('another', 1, 0, 1), at('twice', 1, 0), at('renamed', 0)]).toEqual([
    { a: { b: [1, 2] } }, { '@type': 'cargo:Piece', a: { b: [1, 'x'] } }, { '@type': 'cargo:Piece', a: { b: [[1, 2], [1, 2]] } }, { x: 'cargo:Piece', a: { b: [1, 2] } },
  ])
  expect(mutated(JSON_LD, [])).toBe(JSON_LD)
})
