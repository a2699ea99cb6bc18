import { describe, expect, test, vi } from 'vitest'
import * as decide from '../../events/instance/decide.ts'
import type { Instance } from '../../events/instance/events.ts'
import { testPlatform } from '../platform/testing.ts'
import { givenRunning, METADATA } from '../platform/testing/given.ts'

const AT = '2026-01-01T00:00:01.000Z'
const pause = (today: Instance) => decide.requestPause({ reason: 'requested', at: AT }, today)
const release = (today: Instance) => decide.released({ reason: 'stop', requests: 0, at: AT }, today)

describe('an instance', () => {
  test('is what its newest event says, read as one message', async () => {
    const on = testPlatform()
    await givenRunning(on)
    await on.instances.change('d-1', pause, 'cause', METADATA)
    const reads = [vi.spyOn(on.store, 'read'), vi.spyOn(on.store, 'last')]
    expect(await on.instances.current('d-1')).toMatchObject({ instance: { status: 'pausing' }, revision: 1, event: { type: 'PauseRequested' } })
    expect(reads.map(({ mock }) => mock.calls.length)).toEqual([0, 1])
  })

  test('that never began is none, and cannot be changed', async () => {
    const { instances } = testPlatform()
    expect([await instances.current('d-1'), await instances.change('d-1', pause, 'cause', METADATA)]).toEqual([null, null])
  })

  test('begins once: by the same cause it is the same, by another it is a conflict', async () => {
    const on = testPlatform()
    const begun = await givenRunning(on)
    expect(await givenRunning(on)).toMatchObject({ revision: begun.revision, position: begun.position })
    await expect(on.instances.begin('d-1', [begun.event], 'another', METADATA)).rejects.toMatchObject({ code: 'WRONG_EXPECTED_REVISION' })
  })
})

describe('a change', () => {
  test('tells what stands afterwards, and whether it wrote that', async () => {
    const on = testPlatform()
    await givenRunning(on)
    const changed = await on.instances.change('d-1', pause, 'cause', METADATA)
    expect(changed).toMatchObject({ changed: true, revision: 1, instance: { status: 'pausing' } })
    expect(changed).toMatchObject({ ...(await on.instances.current('d-1')), event: { id: changed?.event.id, type: 'PauseRequested' } })
    expect(await on.instances.change('d-1', pause, 'another', METADATA)).toMatchObject({ changed: false, revision: 1 })
  })

  test('written before by the same cause tells what stands now', async () => {
    const on = testPlatform()
    const begun = await givenRunning(on)
    await on.instances.changeLoaded(begun, pause, 'cause', METADATA)
    await on.instances.change('d-1', release, 'another', METADATA)
    expect(await on.instances.changeLoaded(begun, pause, 'cause', METADATA)).toMatchObject({ revision: 2, instance: { status: 'released' } })
  })

  test('of what was loaded needs no read, and decides anew when that is old', async () => {
    const on = testPlatform()
    const begun = await givenRunning(on)
    const last = vi.spyOn(on.store, 'last')
    await on.instances.changeLoaded(begun, pause, 'cause', METADATA)
    expect(last).not.toHaveBeenCalled()
    const seen: string[] = []
    const released = await on.instances.changeLoaded(begun, (today) => (seen.push(today.status), release(today)), 'another', METADATA)
    expect([seen, released?.instance.status]).toEqual([['running', 'pausing'], 'released'])
  })

  test('of two claims by one cause writes both', async () => {
    const on = testPlatform()
    await givenRunning(on, 1)
    await givenRunning(on, 3)
    for (const claimId of ['d-1', 'd-3']) await on.instances.change(claimId, release, 'cause', METADATA)
    expect([(await on.instances.current('d-1'))?.instance.status, (await on.instances.current('d-3'))?.instance.status]).toEqual(['released', 'released'])
  })
})
