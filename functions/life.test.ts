import { expect, test } from 'vitest'
import { playground, told } from './testing/playground.ts'

const SECOND = 1000

test('created, paused, woken, paused, hibernated, woken by a new claim, deleted, erased', async () => {
  const { platform, api, run, pass, hit, status, request, parked } = playground()
  const id = await request('demo', { pauseAfterSeconds: 10, hibernateAfterSeconds: 100 })
  expect(await status(id)).toBe('starting')
  await run()
  expect([await status(id), await platform.routes.get(id)]).toMatchObject(['running', { state: 'routed', claimId: `${id}-1` }])

  await pass(10 * SECOND)
  expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['paused', { state: 'asleep' }, [{ frozen: true }]])

  await hit(id)
  await run()
  expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['running', { state: 'routed' }, [{ frozen: false }]])

  await pass(120 * SECOND)
  expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['hibernated', { state: 'asleep' }, []])

  await hit(id)
  await run()
  const epoch = (await platform.deployments.load(id)).deployment.epoch
  expect([await status(id), await platform.routes.get(id)]).toMatchObject(['running', { state: 'routed', claimId: `${id}-${epoch}` }])

  expect((await api('DELETE', `/${id}`)).json).toMatchObject({ status: 'deleting', wanted: 'deleted' })
  await run()
  expect([await status(id), await platform.routes.get(id), platform.agents.held()]).toMatchObject(['deleted', { state: 'deleted' }, []])
  expect(platform.storage.fences).toMatchObject([{ deploymentId: id, tombstone: true }])
  expect(platform.storage.erased.size).toBe(0)

  await pass(61 * 60 * SECOND)
  expect([...platform.storage.erased]).toEqual([id])
  expect(await told(platform)).toEqual([
    'DeploymentRequested', 'ClaimRequested', 'NameReserved', 'InstanceStarted', 'PauseRequested', 'InstancePaused', 'InstanceResumed',
    'PauseRequested', 'InstancePaused', 'HibernateRequested', 'InstanceHibernated', 'ClaimRequested', 'InstanceStarted',
    'DeletionRequested', 'InstanceReleased', 'DeploymentDeleted', 'NameReleased', 'RecordErased',
  ])
  expect(parked).toEqual([])
})
