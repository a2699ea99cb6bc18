import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openHealth, type Turn } from './health.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The turns given so far, as they are given. */
const asking = (health: ReturnType<typeof openHealth>, count: number): readonly (Turn | null)[] => {
  const given: (Turn | null)[] = []
  for (let index = 0; index < count; index++) void health.turn().then((turn) => given.push(turn))
  return given
}
const openOne = () => openHealth(() => 1) // no jitter: pauses are 5 s, 30 s, 2 min, ...
const flush = () => vi.advanceTimersByTimeAsync(0)

describe('the breaker of an endpoint', () => {
  it('lets all pass while it goes well', async () => {
    const given = asking(openOne(), 5)
    await flush()
    expect(given).toHaveLength(5)
  })

  it('lets one pass after a pause, and all when that went well', async () => {
    const health = openOne()
    ;(await health.turn())?.settle('down')
    const given = asking(health, 3)
    await vi.advanceTimersByTimeAsync(4_999)
    expect(given).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(given).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(given).toHaveLength(1)
    given[0]?.settle('alive')
    await flush()
    expect(given).toHaveLength(3)
  })

  it('makes the pause longer with each failure in a row, up to six hours; those that failed together are one', async () => {
    const health = openOne()
    for (const turn of [await health.turn(), await health.turn()]) turn?.settle('down')
    const pauses: number[] = []
    for (let failures = 1; failures <= 11; failures++) {
      const began = Date.now()
      const given = asking(health, 1)
      while (given.length === 0) await vi.advanceTimersToNextTimerAsync()
      pauses.push((Date.now() - began) / 1_000)
      given[0]?.settle('down')
    }
    expect(pauses).toEqual([5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 21_600, 21_600])
  })

  it('lets the next one try when a failure says nothing new', async () => {
    const health = openOne()
    ;(await health.turn())?.settle('down')
    const given = asking(health, 2)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(given).toHaveLength(1)
    given[0]?.settle('same')
    await flush()
    expect(given).toHaveLength(2)
  })

  it('waits as long as the endpoint asked for', async () => {
    const health = openOne()
    ;(await health.turn())?.settle('down', 20_000)
    const given = asking(health, 1)
    await vi.advanceTimersByTimeAsync(19_999)
    expect(given).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(given).toHaveLength(1)
  })

  it('lets go who waits when it closes', async () => {
    const health = openOne()
    ;(await health.turn())?.settle('down')
    const given = asking(health, 2)
    health.close()
    await flush()
    expect(given).toEqual([null, null])
  })
})
