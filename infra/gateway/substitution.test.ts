import { describe, expect, test } from 'vitest'
import { substitute } from './substitution.ts'

const environment = { A: 'a', EMPTY: '', URL: 'http://x:1/${A}' }

describe('substitute', () => {
  test.each([
    ['${A}', 'a'],
    ['x${A}y${A}', 'xaya'],
    ['${UNSET}', ''],
    ['${UNSET:-b}', 'b'],
    ['${EMPTY:-b}', 'b'],
    ['${A:-b}', 'a'],
    ['${UNSET:-}', ''],
    ['${UNSET:-http://127.0.0.1:8082/a-b}', 'http://127.0.0.1:8082/a-b'],
    ['$${A}', '${A}'],
    ['$${UNSET:-b}', '${UNSET:-b}'],
    ['$A and $$ stay', '$A and $$ stay'],
    ['${URL}', 'http://x:1/${A}'],
  ])('%s becomes %s', (text, expected) => expect(substitute(text, environment)).toBe(expected))

  test.each(['${A^^}', '${}', '${A=b}', '${1}'])('%s is refused by name', (text) => expect(() => substitute(text, environment)).toThrow(text))
})
