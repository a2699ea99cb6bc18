import { expect, test } from 'vitest'
import { outcome } from './publish.ts'

const error = (err_code: number) => ({ error: { err_code, description: 'as the server says' } })

test('every code of a lost race is a conflict, and none of them hides another failure', () => {
  expect(outcome(error(10_071))).toEqual({ outcome: 'conflict' })
  // a race between replicas
  expect(outcome(error(10_164))).toEqual({ outcome: 'conflict' })
  expect(outcome(error(10_158))).toEqual({ outcome: 'in-process' })
  expect(outcome(error(10_201))).toEqual({ outcome: 'duplicate-in-batch' })
  expect(outcome(error(10_077))).toEqual({ outcome: 'refused', reason: 'as the server says (10077)' })
  for (const code of [10_002, 10_023, 10_047]) expect(outcome(error(code))).toMatchObject({ outcome: 'full' })
  expect(outcome({ seq: 4 })).toEqual({ outcome: 'written', sequence: 4 })
  expect(outcome({ seq: 4, duplicate: true })).toEqual({ outcome: 'duplicate', sequence: 4 })
})
