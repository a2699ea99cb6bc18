import { expect, test } from 'vitest'
import { completeErasure, isCompleted, requestErasure } from './decide.ts'

const of = { deploymentId: 'd', erasureId: 'e', at: '2026-01-01T00:00:00.000Z' }
const requested = requestErasure({ ...of, object: 'o', commit: 7 }, [])
const completed = completeErasure({ ...of, commits: 2, objects: 1 }, requested)

test('an erasure is requested once, however often its slot says so', () => {
  expect(requested).toEqual([{ type: 'ErasureRequested', data: { ...of, object: 'o', commit: 7 } }])
  expect(requestErasure({ ...of, object: 'o', commit: 7 }, requested)).toEqual([])
  expect(requestErasure({ ...of, object: 'o', commit: 7 }, [...requested, ...completed])).toEqual([])
})

test('it is completed once, and only when it was requested', () => {
  expect(completed).toEqual([{ type: 'ErasureCompleted', data: { ...of, commits: 2, objects: 1 } }])
  expect(completeErasure({ ...of, commits: 0, objects: 0 }, [...requested, ...completed])).toEqual([])
  expect(completeErasure({ ...of, commits: 0, objects: 0 }, [])).toEqual([])
  expect([isCompleted(requested), isCompleted([...requested, ...completed])]).toEqual([false, true])
})
