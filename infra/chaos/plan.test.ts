import { expect, it } from 'vitest'
import { diceOf } from './dice.ts'
import { planOf } from './plan.ts'

it('is the same for the same seed, and another for another', () => {
  expect(planOf(diceOf(7), 60_000)).toEqual(planOf(diceOf(7), 60_000))
  expect(planOf(diceOf(8), 60_000)).not.toEqual(planOf(diceOf(7), 60_000))
})

it('strikes in order, within the time', () => {
  const times = planOf(diceOf(1), 60_000).map(({ atMs }) => atMs)
  expect(times.length).toBeGreaterThan(10)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(Math.max(...times)).toBeLessThan(60_000)
})

it('knows every kind of blow', () => {
  const blows = planOf(diceOf(3), 3_600_000)
  expect(new Set(blows.map(({ kind }) => kind))).toEqual(new Set(['kill', 'stop', 'cut', 'slot']))
  const killed = new Set(blows.flatMap((blow) => (blow.kind === 'kill' ? [blow.part] : [])))
  for (const part of ['nats-server', 'postgres', 'minio', 'credentials', 'haproxy-1', 'haproxy-2', 'gateway-1', 'agent-2', 'edge-2', 'dispatcher-1', 'projector-2']) expect(killed).toContain(part)
})

it('throws dice as they are weighted', () => {
  const dice = diceOf(5)
  const thrown = Array.from({ length: 1_000 }, () => dice.weighted({ often: 9, seldom: 1, never: 0 }))
  expect(thrown.filter((one) => one === 'never')).toEqual([])
  expect(thrown.filter((one) => one === 'often').length).toBeGreaterThan(800)
  expect(thrown.filter((one) => one === 'seldom').length).toBeGreaterThan(50)
})
