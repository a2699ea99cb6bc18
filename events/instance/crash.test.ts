import { expect, test } from 'vitest'
import { given, worldAfter } from '../testing/given.ts'
import { heal, hibernated, lost, second, started, failed, stopping, toInstance } from '../testing/samples.ts'
import * as decide from './decide.ts'
import { isCrash, waitAfter } from './crash.ts'
import type { InstanceEvent } from './events.ts'

const lostAt = (seconds: number, cause: 'slot' | 'node'): InstanceEvent[] => {
  const { instance } = worldAfter(started)
  return instance ? decide.lost('it died', { at: second(seconds), cause }, instance) : []
}

test.each([['soon after it began', 60, 'slot', true], ['after a while', 61, 'slot', false], ['with its node', 5, 'node', false]] as const)('a slot that died %s', (_, seconds, cause, crash) => {
  expect(lostAt(seconds, cause).map(isCrash)).toEqual([crash])
})
test('what is not lost is no crash', () => expect(worldAfter(started).instance && started.filter((event): event is InstanceEvent => 'instance' in event.data).map(isCrash)).toEqual([false]))

test('the first is claimed anew at once, those that follow wait longer and longer, but not for ever', () => {
  expect([0, 1, 2, 3, 4, 5, 7, 8, 20, 2_000].map(waitAfter)).toEqual([0, 0, 1_000, 2_000, 4_000, 8_000, 32_000, 60_000, 60_000, 60_000])
})

test('only what was lost or never had a slot is claimed anew by itself', () => {
  for (const history of [lost, failed]) given(history).when(heal).then([expect.objectContaining({ type: 'ClaimRequested', data: expect.objectContaining({ reason: 'heal' }) })])
  const givenUp = [...lost, ...(toInstance((of) => decide.giveUp('again and again', { at: second(9) }, of))(worldAfter(lost)) as InstanceEvent[])]
  for (const history of [started, hibernated, stopping, givenUp]) given(history).when(heal).then([])
})
