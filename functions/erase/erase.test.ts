import { describe, expect, test, vi } from 'vitest'
import { requestErasure } from '../../events/erasure/decide.ts'
import { failure } from '../../events/errors.ts'
import { caused } from '../../infra/aggregates/append.ts'
import { now } from '../../infra/platform/port.ts'
import { METADATA } from '../../infra/platform/testing/given.ts'
import { playground, told } from '../testing/playground.ts'

/** A deployment whose slot has erased an object. */
const erasing = async () => {
  const world = playground()
  const deploymentId = await world.request()
  await world.run()
  const events = requestErasure({ deploymentId, erasureId: 'e', object: 'o', commit: 7, at: now(world.platform) }, [])
  await world.platform.store.append(`erasure.${deploymentId}-e`, caused(events, 'slot', METADATA), 'none')
  return { ...world, deploymentId, types: async () => (await told(world.platform)).filter((type) => type.startsWith('Erasure')) }
}

describe('an erasure', () => {
  test('is carried out in the store, and told with counts', async () => {
    const { platform, run, deploymentId, newest } = await erasing()
    await run()
    expect(platform.storage.redacted).toEqual([{ deploymentId, object: 'o', commit: 7 }])
    expect((await newest('ErasureCompleted')).data).toEqual({ deploymentId, erasureId: 'e', commits: 2, objects: 1, at: now(platform) })
  })

  test('delivered twice is carried out once', async () => {
    const { platform, run, redeliver, types } = await erasing()
    await run()
    await redeliver('erase', 'ErasureRequested')
    expect([platform.storage.redacted.length, await types()]).toEqual([1, ['ErasureRequested', 'ErasureCompleted']])
  })

  test('that ended between the store and the event is carried out again, and told once', async () => {
    const { platform, run, types } = await erasing()
    const append = platform.store.append.bind(platform.store)
    vi.spyOn(platform.store, 'append').mockRejectedValueOnce(failure('STORE_UNAVAILABLE', { reason: 'no answer' })).mockImplementation(append)
    await run()
    expect([platform.storage.redacted.length, await types()]).toEqual([2, ['ErasureRequested', 'ErasureCompleted']])
  })

  test('waits for a newer index, and is tried again', async () => {
    const { platform, run, pass, types } = await erasing()
    platform.storage.answer = { state: 'waits', reason: 'the index is of commit 3' }
    await run()
    expect(await types()).toEqual(['ErasureRequested'])
    platform.storage.answer = { state: 'done', commits: 1, objects: 0 }
    await pass(10 * 60_000)
    expect(await types()).toEqual(['ErasureRequested', 'ErasureCompleted'])
  })

  test('that was given up is tried again', async () => {
    const { platform, run, pass, types } = await erasing()
    vi.spyOn(platform.storage, 'redact').mockRejectedValue(failure('CREDENTIALS_UNAVAILABLE', { reason: 'nobody answers' }))
    await run()
    expect(await types()).toEqual(['ErasureRequested'])
    vi.restoreAllMocks()
    await pass(10 * 60_000)
    expect(await types()).toEqual(['ErasureRequested', 'ErasureCompleted'])
    await pass(20 * 60_000)
    expect(platform.storage.redacted).toHaveLength(1)
  })

  test('of a deployment that is deleted is left to the erasure of everything', async () => {
    const { platform, run, api, deploymentId } = await erasing()
    await api('DELETE', `/${deploymentId}`)
    await run()
    expect(platform.storage.redacted).toEqual([])
  })
})
