import { describe, expect, test, vi } from 'vitest'
import * as decide from '../../events/deployment/decide.ts'
import { testPlatform } from '../platform/testing.ts'
import { givenDeployment, givenRunning, METADATA } from '../platform/testing/given.ts'
import type { Decide } from './deployments.ts'

const AT = '2026-01-01T00:00:01.000Z'
const stop: Decide = ({ deployment, status }) => decide.stop({ type: 'StopDeployment', at: AT }, deployment, status)
const settle = (pauseAfterSeconds: number): Decide => ({ deployment, status }) => decide.changeSettings({ type: 'ChangeSettings', settings: { pauseAfterSeconds }, at: AT }, deployment, status)

describe('a deployment', () => {
  test('is folded from its stream and the newest event of its current claim', async () => {
    const on = testPlatform()
    await givenDeployment(on)
    expect(await on.deployments.load('d')).toMatchObject({ status: 'starting', instance: null, deployment: { revision: 1, epoch: 1 }, events: [{ type: 'DeploymentRequested' }, { type: 'ClaimRequested' }] })
    await givenRunning(on)
    expect(await on.deployments.load('d')).toMatchObject({ status: 'running', instance: { instance: { claimId: 'd-1' } } })
  })

  test('that nobody asked for is not found', async () => {
    const { deployments } = testPlatform()
    expect(await deployments.find('nobody')).toBeNull()
    await expect(deployments.load('nobody')).rejects.toMatchObject({ code: 'DEPLOYMENT_NOT_FOUND' })
    await expect(deployments.change('nobody', stop, 'cause', METADATA)).rejects.toMatchObject({ code: 'DEPLOYMENT_NOT_FOUND' })
  })
})

describe('a change', () => {
  test('that decides on nothing writes nothing', async () => {
    const on = testPlatform()
    await givenDeployment(on)
    expect((await on.deployments.change('d', () => [], 'cause', METADATA)).appended).toBeNull()
  })

  test('that is refused writes nothing', async () => {
    const on = testPlatform()
    await givenDeployment(on)
    await expect(on.deployments.change('d', () => { throw new Error('no') }, 'cause', METADATA)).rejects.toThrow('no')
    expect((await on.deployments.load('d')).deployment.revision).toBe(1)
  })

  test('by the same cause twice is written once', async () => {
    const on = testPlatform()
    await givenDeployment(on)
    await Promise.all([on.deployments.change('d', settle(5), 'cause', METADATA), on.deployments.change('d', settle(5), 'cause', METADATA)])
    expect((await on.deployments.load('d')).deployment).toMatchObject({ revision: 2, settings: { pauseAfterSeconds: 5 } })
  })

  test('decides anew when somebody was first', async () => {
    const on = testPlatform()
    await givenDeployment(on)
    const { append } = on.store
    vi.spyOn(on.store, 'append').mockImplementationOnce(async (...args) => {
      await on.deployments.change('d', settle(5), 'another', METADATA)
      return append(...args)
    })
    const seen: number[] = []
    await on.deployments.change('d', (loaded) => (seen.push(loaded.deployment.revision), stop(loaded)), 'cause', METADATA)
    expect([seen, (await on.deployments.load('d')).events.map(({ type }) => type).slice(2)]).toEqual([[1, 2], ['SettingsChanged', 'StopRequested']])
  })
})
