import { expect, test } from 'vitest'
import { placesOf } from './swarm.ts'

const task = (Slot: number, State: string, DesiredState = 'running', second = 0) => ({ ServiceID: 's', Slot, NodeID: 'id-a', DesiredState, CreatedAt: `2026-01-01T00:00:0${second}Z`, Status: { State } })
const states = (...tasks: readonly ReturnType<typeof task>[]) => placesOf(tasks, new Map([['id-a', 'a']])).map(({ place, state }) => [place, state])

test('of each place the task counts that is to run there, else the newest', () => {
  expect(states(task(1, 'failed', 'shutdown'), task(1, 'running', 'running', 1))).toEqual([[1, 'running']])
  expect(states(task(1, 'running', 'running'), task(1, 'failed', 'shutdown', 1))).toEqual([[1, 'running']])
  expect(states(task(1, 'failed', 'shutdown'), task(1, 'complete', 'shutdown', 1))).toEqual([[1, 'ended']])
  expect(states(task(1, 'failed', 'shutdown'), task(1, 'preparing', 'ready', 1))).toEqual([[1, 'beginning']])
  expect(states(task(1, 'rejected', 'shutdown'), task(2, 'orphaned', 'shutdown'))).toEqual([[1, 'failed'], [2, 'failed']])
})

test('a place that Swarm takes away counts no more', () => expect(states(task(1, 'running', 'remove'))).toEqual([]))

test('a node goes by its name, and none is none', () => {
  expect(placesOf([task(1, 'running')], new Map([['id-a', 'a']]))).toMatchObject([{ node: 'a' }])
  expect(placesOf([{ ...task(1, 'pending'), NodeID: '' }], new Map())).toMatchObject([{ node: null, state: 'beginning' }])
})
