import { describe, expect, test } from 'vitest'
import { playground, told } from '../testing/playground.ts'

const SECOND = 1_000
const running = async () => {
  const world = playground()
  const id = await world.request('demo', { pauseAfterSeconds: 10, hibernateAfterSeconds: 100 })
  await world.run()
  return { ...world, id, claimId: `${id}-1`, timerAt: (key: string) => world.platform.timers.scheduled.get(`${key}.${id}-1`)?.at }
}

describe('the first threshold', () => {
  test('nobody came: paused when it is reached, not before', async () => {
    const { id, pass, status } = await running()
    await pass(9.999 * SECOND)
    expect(await status(id)).toBe('running')
    await pass(1)
    expect(await status(id)).toBe('paused')
  })

  test('somebody came: it waits for the rest', async () => {
    const { platform, id, pass, status, timerAt } = await running()
    platform.edges.activityNow = { inFlight: 0, idleMs: 4_000, requests: 1 }
    await pass(10 * SECOND)
    expect([await status(id), timerAt('idle')]).toEqual(['running', '2026-01-01T00:00:16.000Z'])
    platform.edges.activityNow = { inFlight: 0, idleMs: 10_000, requests: 1 }
    await pass(6 * SECOND)
    expect(await status(id)).toBe('paused')
  })

  test('a request is in flight: it waits the whole time again', async () => {
    const { platform, id, pass, status, timerAt } = await running()
    platform.edges.activityNow = { inFlight: 1, idleMs: 60_000, requests: 1 }
    await pass(10 * SECOND)
    expect([await status(id), timerAt('idle')]).toEqual(['running', '2026-01-01T00:00:20.000Z'])
  })

  test('a timer that is late does not take a wake of a moment ago for idleness', async () => {
    const { platform, id, claimId, pass, hit, run, status } = await running()
    await pass(10 * SECOND)
    await hit(id)
    await run()
    platform.edges.activityNow = { inFlight: 0, idleMs: 3_600_000, requests: 1 }
    await platform.timers.schedule(`idle.${claimId}`, '2026-01-01T00:00:01.000Z', { type: 'IdleCheckDue', data: { deploymentId: id, claimId } }, { correlationId: 'c', actor: 'function:idle' })
    await run()
    expect(await status(id)).toBe('running')
  })

  test('delivered twice, a timer asks for one pause', async () => {
    const { platform, pass } = await running()
    await pass(10 * SECOND, { again: () => true, deliveries: 8 })
    expect((await told(platform)).filter((type) => type === 'PauseRequested')).toHaveLength(1)
  })

  test.each(['paused', 'stopped', 'deleted'])('a timer finds it %s: nothing', async (state) => {
    const { platform, api, id, claimId, run, pass, status } = await running()
    if (state === 'paused') await pass(10 * SECOND)
    else await (state === 'stopped' ? api('POST', `/${id}/stop`) : api('DELETE', `/${id}`))
    await run()
    expect(await status(id)).toBe(state)
    const before = await told(platform)
    await platform.timers.schedule(`idle.${claimId}`, '2026-01-01T00:00:00.000Z', { type: 'IdleCheckDue', data: { deploymentId: id, claimId } }, { correlationId: 'c', actor: 'function:idle' })
    await run()
    expect([await told(platform), platform.timers.scheduled.has(`idle.${claimId}`)]).toEqual([before, false])
  })
})

describe('the second threshold', () => {
  test('paused that long: hibernated', async () => {
    const { id, pass, status } = await running()
    await pass(109.999 * SECOND)
    expect(await status(id)).toBe('paused')
    await pass(1)
    expect(await status(id)).toBe('hibernated')
  })

  test('awake in between: the time of the newest sleep counts', async () => {
    const { platform, id, claimId, pass, hit, run, status } = await running()
    await pass(10 * SECOND)
    const message = platform.timers.scheduled.get(`hibernate.${claimId}`)?.message
    await hit(id)
    await run()
    await pass(10 * SECOND)
    expect(await status(id)).toBe('paused')
    if (message) await platform.timers.schedule('hibernate.late', '2026-01-01T00:00:20.000Z', message, { correlationId: 'c', actor: 'function:idle' })
    await run()
    expect([message?.type, await status(id)]).toEqual(['HibernateDue', 'paused'])
  })
})

describe('new thresholds', () => {
  test('count from now for a running deployment', async () => {
    const { api, id, run, pass, timerAt, status } = await running()
    await pass(5 * SECOND)
    await api('PATCH', `/${id}/settings`, { pauseAfterSeconds: 3 })
    await run()
    expect(timerAt('idle')).toBe('2026-01-01T00:00:08.000Z')
    await pass(3 * SECOND)
    expect(await status(id)).toBe('paused')
  })

  test('count from its pause for a paused one', async () => {
    const { api, id, run, pass, timerAt, status } = await running()
    await pass(20 * SECOND)
    await api('PATCH', `/${id}/settings`, { hibernateAfterSeconds: 15 })
    await run()
    expect(timerAt('hibernate')).toBe('2026-01-01T00:00:25.000Z')
    await pass(5 * SECOND)
    expect(await status(id)).toBe('hibernated')
  })

  test('touch nothing of one that sleeps deeper', async () => {
    const { platform, api, id, run, pass } = await running()
    await pass(110 * SECOND)
    await api('PATCH', `/${id}/settings`, { hibernateAfterSeconds: 15 })
    await run()
    expect([...platform.timers.scheduled.keys()].filter((key) => key !== `sweep.${id}`)).toEqual([])
  })
})
