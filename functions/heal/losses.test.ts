import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../events/errors.ts'
import type { TestPlatform } from '../../infra/platform/testing.ts'
import { expectLegalHistory } from '../testing/invariants.ts'
import { told } from '../testing/playground.ts'
import { healing } from './testing.ts'

const claims = async (platform: TestPlatform): Promise<number> => (await told(platform)).filter((type) => type === 'ClaimRequested').length

describe('an instance that is lost', () => {
  test('while it was awake is claimed anew at once', async () => {
    const { platform, running, dies, run, status, newest } = await healing()
    const [id = ''] = await running(1)
    await dies(id)
    await run()
    expect([await status(id), await platform.routes.get(id)]).toMatchObject(['running', { state: 'routed' }])
    expect(await newest('InstanceStarted')).toMatchObject({ data: { reason: 'heal', at: '2026-01-01T00:00:00.000Z' } })
    expect((await newest('ClaimRequested')).metadata).toMatchObject({ actor: 'function:heal', causationId: (await newest('InstanceLost')).id })
    await expectLegalHistory(platform, id)
  })

  test('while it slept waits for a visitor', async () => {
    const { platform, api, running, dies, run, hit, status, sweep } = await healing()
    const [id = ''] = await running(1)
    await api('POST', `/${id}/pause`)
    await run()
    await dies(id)
    await run()
    platform.advance(600_000)
    await sweep()
    expect([await status(id), await claims(platform)]).toEqual(['hibernated', 1])
    await hit(id)
    await run()
    expect(await status(id)).toBe('running')
  })

  test('and told twice, or once before a crash, is claimed anew once', async () => {
    const { platform, running, dies, redeliver, run, status } = await healing()
    const [id = ''] = await running(1)
    await dies(id)
    vi.spyOn(platform.store, 'append').mockRejectedValueOnce(failure('STORE_UNAVAILABLE', { reason: 'crashed' }))
    await expect(redeliver('heal', 'InstanceLost')).rejects.toThrow('crashed')
    await redeliver('heal', 'InstanceLost')
    await redeliver('heal', 'InstanceLost')
    await run()
    await redeliver('heal', 'InstanceLost')
    expect([await status(id), await claims(platform), platform.agents.held().length]).toEqual(['running', 2, 1])
  })

  test('after its owner stopped it stays stopped', async () => {
    const { platform, api, running, dies, run, status } = await healing()
    const [id = ''] = await running(1)
    await dies(id)
    await api('POST', `/${id}/stop`)
    await run()
    expect([await status(id), await claims(platform)]).toEqual(['stopped', 1])
  })

  test('is found by a sweep when nobody acted on its loss', async () => {
    const { platform, running, dies, sweep, status, pass } = await healing()
    const [id = ''] = await running(1)
    await dies(id)
    vi.spyOn(platform.deployments, 'change').mockRejectedValueOnce(failure('MALFORMED_EVENT', { type: 'x', reason: 'poison' }))
    await pass(0)
    expect(await status(id)).toBe('hibernated')
    await sweep()
    expect(await status(id)).toBe('running')
  })
})

describe('a deployment that crashes again and again', () => {
  const crashing = async () => {
    const world = await healing({ heal: { everyMs: 3_000_000 } })
    const [id = ''] = await world.running(1)
    /** Dies, and comes back after so many seconds and not before. */
    const crash = async (waits: number): Promise<void> => {
      await world.dies(id, { output: ['starting', 'Segmentation fault'] })
      if (waits > 0) {
        await world.pass(waits * 1_000 - 1)
        expect(await world.status(id)).toBe('hibernated')
      }
      await world.pass(1)
      expect(await world.status(id)).toBe('running')
    }
    return { ...world, id, crash }
  }

  test('waits longer each time, and has failed in the end, with what its slot wrote last', async () => {
    const { platform, id, crash, dies, run, status, newest } = await crashing()
    for (const waits of [0, 1, 2, 4]) await crash(waits)
    await dies(id, { output: ['starting', 'Segmentation fault'] })
    await run()
    expect(await status(id)).toBe('failed')
    expect(await newest('InstanceFailed')).toMatchObject({ data: { reason: 'it crashed 5 times in a row, last because its process was ended by SIGSEGV', logTail: ['starting', 'Segmentation fault'] } })
    expect(await platform.routes.get(id)).toMatchObject({ state: 'failed', reason: expect.stringContaining('it crashed 5 times') as string })
    await expectLegalHistory(platform, id)
  })

  test('stays failed, whoever comes, until its owner starts it; that begins anew', async () => {
    const { platform, api, id, crash, dies, hit, run, status, pass } = await crashing()
    for (const waits of [0, 1, 2, 4]) await crash(waits)
    await dies(id)
    await run()
    await hit(id)
    await pass(120_000)
    expect(await status(id)).toBe('failed')
    expect((await api('POST', `/${id}/start`)).status).toBe(202)
    await run()
    expect(await status(id)).toBe('running')
    for (const waits of [0, 1, 2, 4]) await crash(waits)
    await expectLegalHistory(platform, id)
  })

  test('is woken by visitors meanwhile, and their claims count as well', async () => {
    const { id, crash, dies, hit, run, status } = await crashing()
    for (const waits of [0, 1, 2]) await crash(waits)
    await dies(id)
    await hit(id)
    await run()
    expect(await status(id)).toBe('running')
    await dies(id)
    await run()
    expect(await status(id)).toBe('failed')
  })

  test('does not when each time it had lived for long, or its node was the reason', async () => {
    const { platform, id, dies, run, status } = await crashing()
    for (let round = 0; round < 7; round += 1) {
      platform.advance(round % 2 ? 61_000 : 1_000)
      await dies(id, { cause: round % 2 ? 'slot' : 'node' })
      await run()
      expect(await status(id)).toBe('running')
    }
  })

  test('losses of long ago do not count', async () => {
    const { platform, id, crash, dies, run, status } = await crashing()
    for (const waits of [0, 1, 2, 4]) await crash(waits)
    platform.advance(601_000)
    await dies(id)
    await run()
    expect(await status(id)).toBe('running')
  })
})
