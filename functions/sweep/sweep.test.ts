import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../events/errors.ts'
import { playground, told } from '../testing/playground.ts'

const DAY_MS = 86_400_000
const ASLEEP = { pauseAfterSeconds: 60, hibernateAfterSeconds: 60 }

/** A deployment that fell asleep for good after its first visit, or stays awake. */
const deployed = async (settings = ASLEEP) => {
  const world = playground()
  const deploymentId = await world.request('demo', settings)
  await world.run()
  return { ...world, deploymentId, swept: world.platform.storage.swept, sweeps: async () => (await told(world.platform)).filter((type) => type === 'RecordSwept') }
}

describe('a record', () => {
  test('that was awake is swept once a round, and what was deleted is told', async () => {
    const { platform, pass, swept, sweeps, newest, deploymentId } = await deployed()
    platform.storage.sweeping = { state: 'swept', objects: 3, bytes: 4_096, waiting: 2 }
    await pass(DAY_MS)
    expect([swept, await sweeps()]).toEqual([[deploymentId], ['RecordSwept']])
    expect((await newest('RecordSwept')).data).toEqual({ deploymentId, objects: 3, bytes: 4_096, at: expect.any(String) })
    await pass(DAY_MS)
    expect(swept).toHaveLength(2)
  })

  test('that sleeps is left alone as soon as nothing more is to be expected, and nothing is told of nothing', async () => {
    const { pass, swept, sweeps } = await deployed()
    await pass(5 * DAY_MS)
    expect([swept.length, await sweeps()]).toEqual([1, []])
  })

  test('however often it wakes, no round is put off and none is added', async () => {
    const { pass, hit, swept, deploymentId } = await deployed()
    for (let hour = 0; hour < 72; hour += 1) {
      await hit(deploymentId)
      await pass(DAY_MS / 24)
    }
    expect(swept).toHaveLength(3)
  })

  test('that keeps its slot is swept in every round', async () => {
    const { pass, swept } = await deployed({ pauseAfterSeconds: 3_600, hibernateAfterSeconds: 30 * 86_400 })
    await pass(4 * DAY_MS)
    expect(swept).toHaveLength(4)
  })

  test('in doubt is swept again when it was awake', async () => {
    const { platform, pass, hit, swept, sweeps, deploymentId } = await deployed()
    platform.storage.sweeping = { state: 'unsure', reason: 'the newest checkpoint cannot be read' }
    await pass(2 * DAY_MS)
    expect([swept.length, await sweeps()]).toEqual([1, []])
    await hit(deploymentId)
    await pass(DAY_MS)
    expect(swept).toHaveLength(2)
  })

  test('that could not be swept, for nobody answered, is in the next round', async () => {
    const { platform, pass, swept } = await deployed()
    vi.spyOn(platform.storage, 'sweep').mockRejectedValue(failure('CREDENTIALS_UNAVAILABLE', { reason: 'nobody answers' }))
    await pass(DAY_MS)
    vi.restoreAllMocks()
    await pass(DAY_MS)
    expect(swept).toHaveLength(1)
  })

  test('that is deleted is left to the erasure of everything', async () => {
    const { api, pass, swept, deploymentId } = await deployed()
    await api('DELETE', `/${deploymentId}`)
    await pass(2 * DAY_MS)
    expect(swept).toEqual([])
  })
})

test('a round that is told twice is told once in its stream', async () => {
  const { platform, pass, sweeps, deploymentId } = await deployed()
  platform.storage.sweeping = { state: 'swept', objects: 1, bytes: 1, waiting: 0 }
  const append = platform.store.append.bind(platform.store)
  vi.spyOn(platform.store, 'append').mockImplementation(async (...write) => {
    await append(...write)
    if (write[0] === `sweep.${deploymentId}`) {
      vi.restoreAllMocks()
      throw failure('STORE_UNAVAILABLE', { reason: 'the answer was lost' })
    }
    return append(...write)
  })
  await pass(DAY_MS)
  expect([platform.storage.swept.length, await sweeps()]).toEqual([2, ['RecordSwept']])
})
