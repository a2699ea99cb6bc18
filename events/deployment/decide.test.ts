import { describe, expect, test } from 'vitest'
import { given } from '../testing/given.ts'
import {
  at, changeSettings, deleted, deletedAfter, deleting, erased, failed, hibernated, hibernating, identity, lost, paused, pausing, remove, requested, restart,
  rotate, second, start, started, stop, stopped, stoppedAfter, stopping, wake, HISTORIES, claimedAnew, resuming,
} from '../testing/samples.ts'
import { request } from './decide.ts'
import { DEFAULT_SETTINGS } from './settings.ts'

const claimRequested = (reason: string, since = at) => ({ type: 'ClaimRequested', data: { ...identity, reason, since, at } })

describe('a request', () => {
  test('makes a deployment that asks for its first claim at once', () => {
    const asked = { deploymentId: 'd', name: 'demo', owner: 'operator', plan: 'small', settings: DEFAULT_SETTINGS } as const
    expect(request({ type: 'RequestDeployment', ...asked, at })).toEqual([{ type: 'DeploymentRequested', data: { ...asked, at } }, claimRequested('create')])
  })
})

describe('start', () => {
  const again = [{ type: 'StartRequested', data: { ...identity, at } }, claimRequested('start')]
  test('asks for a claim when it was stopped', () => given(stoppedAfter).when(start).then(again))
  test('asks for a claim when it failed', () => given(failed).when(start).then(again))
  test.each([['starting', requested], ['running', started], ['paused', paused], ['hibernated', hibernated], ['waking', claimedAnew]])(
    'has nothing to do while it is %s: what is wanted is on its way', (_, history) => given(history).when(start).then([]))
  test('is refused while it stops', () => given(stopping).when(start).refused('ILLEGAL_TRANSITION', { name: 'demo', status: 'stopping', command: 'start', allowed: 'stopped, failed' }))
  test('is refused when it was deleted', () => given(deletedAfter).when(start).refused('DEPLOYMENT_DELETED', { name: 'demo' }))
})

describe('stop', () => {
  test.each([['starting', requested], ['running', started], ['pausing', pausing], ['paused', paused], ['waking', resuming], ['hibernating', hibernating], ['hibernated', hibernated], ['failed', failed], ['lost', lost]])(
    'is possible while it is %s', (_, history) => given(history).when(stop()).then([{ type: 'StopRequested', data: { ...identity, at } }]))
  test('keeps the reason in the owner\'s words', () =>
    given(started).when(stop('the trade show is over')).then([{ type: 'StopRequested', data: { ...identity, reason: 'the trade show is over', at } }]))
  test('said twice is done once', () => {
    given(stopping).when(stop()).then([])
    given(stoppedAfter).when(stop()).then([])
  })
  test('is refused while it is being deleted', () => given(deleting).when(stop()).refused('DEPLOYMENT_DELETED'))
})

describe('restart', () => {
  const anew = [{ type: 'RestartRequested', data: { ...identity, at } }, claimRequested('restart')]
  test.each([['running', started], ['paused', paused], ['hibernated', hibernated], ['failed', failed]])('is a new claim when it is %s', (_, history) => given(history).when(restart).then(anew))
  test.each([['starting', requested], ['pausing', pausing], ['waking', resuming], ['hibernating', hibernating]])(
    'is refused while it is %s', (status, history) => given(history).when(restart).refused('ILLEGAL_TRANSITION', { status, command: 'restart' }))
  test.each([['stopping', stopping], ['stopped', stoppedAfter]])(
    'is refused when it is %s: start it instead', (status, history) => given(history).when(restart).refused('ILLEGAL_TRANSITION', { status, allowed: 'requested, failed, running, paused, hibernated' }))
  test('is refused when it was deleted', () => given(deletedAfter).when(restart).refused('DEPLOYMENT_DELETED'))
})

describe('delete', () => {
  test.each(Object.entries(HISTORIES).filter(([status]) => !status.startsWith('delet')))('is possible while it is %s', (_, history) =>
    given(history).when(remove).then([{ type: 'DeletionRequested', data: { ...identity, at } }]))
  test('said twice is done once', () => {
    given(deleting).when(remove).then([])
    given(deletedAfter).when(remove).then([])
  })
})

describe('credentials', () => {
  test('are of the next generation, and known to a slot that serves by a new claim', () => {
    const rotated = { type: 'CredentialsRotated', data: { ...identity, generation: 2, at } } as const
    given(started).when(rotate).then([rotated, { type: 'ClaimRequested', data: { ...identity, reason: 'restart', since: at, at } }])
    given([...HISTORIES.hibernated, rotated]).when(rotate).then([{ type: 'CredentialsRotated', data: { ...identity, generation: 3, at } }])
  })
  test('of what was deleted are none', () => given(deletedAfter).when(rotate).refused('DEPLOYMENT_DELETED', { name: 'demo' }))
})

describe('new settings', () => {
  test('are kept whole, changed where they were asked to', () =>
    given(paused).when(changeSettings({ pauseAfterSeconds: 5 })).then([{ type: 'SettingsChanged', data: { ...identity, settings: { ...DEFAULT_SETTINGS, pauseAfterSeconds: 5 }, at } }]))
  test('that a slot has from its claim reach one that serves by a new claim', () => {
    const settings = { ...DEFAULT_SETTINGS, open: true }
    const changed = { type: 'SettingsChanged', data: { ...identity, settings, at } } as const
    const claim = { type: 'ClaimRequested', data: { ...identity, reason: 'restart', since: at, at } } as const
    for (const history of [started, paused, HISTORIES.pausing, HISTORIES.waking, HISTORIES.starting]) given(history).when(changeSettings({ open: true })).then([changed, claim])
    for (const history of [HISTORIES.hibernated, HISTORIES.stopped, HISTORIES.failed]) given(history).when(changeSettings({ open: true })).then([changed])
  })
  test('within the plan', () => {
    given(HISTORIES.stopped).when(changeSettings({ maxObjects: 1_000_000 })).then([{ type: 'SettingsChanged', data: { ...identity, settings: { ...DEFAULT_SETTINGS, maxObjects: 1_000_000 }, at } }])
    given(started).when(changeSettings({ maxObjects: 1_000_001 })).refused('INVALID_FIELD', { field: 'settings.maxObjects', reason: 'at most 1000000 in plan small' })
  })
  test('that say what is so already change nothing', () => {
    given(started).when(changeSettings({})).then([])
    given(started).when(changeSettings({ ...DEFAULT_SETTINGS })).then([])
  })
  test('are taken while it is stopped', () => given(stoppedAfter).when(changeSettings({ maxBodyBytes: 2_048 })).then([expect.objectContaining({ type: 'SettingsChanged' })]))
  test('are refused when it was deleted', () => given(deleting).when(changeSettings({ pauseAfterSeconds: 5 })).refused('DEPLOYMENT_DELETED'))
})

describe('a wake', () => {
  const claim = [claimRequested('wake', second(58))]
  test('asks for a claim for whoever waits when it has no slot', () => {
    given(hibernated).when(wake).then(claim)
    given(lost).when(wake).then(claim)
  })
  test.each(Object.entries(HISTORIES).filter(([status]) => status !== 'hibernated'))('has nothing to do while it is %s', (_, history) => given(history).when(wake).then([]))
})

describe('what closes a decision', () => {
  test('stopped, once, when it was stopping', () => {
    given(stopping).when(stopped).then([{ type: 'DeploymentStopped', data: { ...identity, at } }])
    for (const history of [started, stoppedAfter, deleting]) given(history).when(stopped).then([])
  })
  test('deleted, once, when it was being deleted', () => {
    given(deleting).when(deleted).then([{ type: 'DeploymentDeleted', data: { ...identity, at } }])
    for (const history of [started, stopping, deletedAfter]) given(history).when(deleted).then([])
  })
  test('erased only after it was deleted', () => {
    given(deletedAfter).when(erased(12)).then([{ type: 'RecordErased', data: { ...identity, objects: 12, at } }])
    for (const history of [started, deleting]) given(history).when(erased(12)).then([])
  })
})
