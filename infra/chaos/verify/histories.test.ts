import { expect, it } from 'vitest'
import type { RecordedEvent } from '../../../events/envelope.ts'
import { DEFAULT_SETTINGS, sleepSettings } from '../../../events/deployment/settings.ts'
import { unkeptAnswers } from './acknowledged.ts'
import { brokenHistories } from './histories.ts'

const AT = '2026-01-01T00:00:00.000Z'
const settings = { ...DEFAULT_SETTINGS, pauseAfterSeconds: 1, hibernateAfterSeconds: 2 }
const instance = (status: string, epoch = 1) => ({
  claimId: `d-${epoch}`, deploymentId: 'd', name: 'n', epoch, plan: 'small', settings: sleepSettings(settings), status, since: AT, node: 'node-1', slot: `s${epoch}`, address: '127.0.0.1:1', startedAt: AT, wakes: 0, requests: 0,
})

/** Numbers the revisions of each stream. */
const recorded = (...events: readonly (readonly [stream: string, type: string, data: object])[]): readonly RecordedEvent[] => {
  const counts = new Map<string, number>()
  return events.map(([stream, type, data], index) => {
    const revision = counts.get(stream) ?? 0
    counts.set(stream, revision + 1)
    return { stream: stream as `${string}.${string}`, type, data: { deploymentId: 'd', name: 'n', at: AT, ...data }, revision, position: String(index + 1), id: String(index), metadata: { correlationId: 'c', actor: 'a' }, at: AT, version: 1 }
  })
}
const requested = ['deployment.d', 'DeploymentRequested', { owner: 'o', plan: 'small', settings }] as const
const claimed = ['deployment.d', 'ClaimRequested', { reason: 'create', since: AT }] as const
const started = ['instance.d-1', 'InstanceStarted', { claimId: 'd-1', instance: instance('running') }] as const
const shown = { id: 'd', name: 'n', url: 'http://n.localhost', status: 'running', wanted: 'running', settings, claim: { id: 'd-1', since: AT }, revision: 1 } as const

it('finds nothing wrong with a life as the table has it', () => {
  expect(brokenHistories(recorded(requested, claimed, started))).toEqual([])
})

it('finds a claim that started twice', () => {
  expect(brokenHistories(recorded(requested, claimed, started, started))).toEqual(['claim d-1 started 2 times'])
})

it('finds a change that no row of the table makes', () => {
  const paused = ['instance.d-1', 'InstancePaused', { claimId: 'd-1', instance: instance('paused') }] as const
  expect(brokenHistories(recorded(requested, claimed, started, paused))).toEqual(['instance.d-1: InstancePaused took it from running to paused (position 4)'])
})

it('lets a command cross what befell an instance and its writer had not seen, and not much later', () => {
  const lost = ['instance.d-1', 'InstanceLost', { claimId: 'd-1', instance: instance('lost') }] as const
  const failed = ['instance.d-1', 'InstanceFailed', { claimId: 'd-1', instance: instance('failed') }] as const
  const woken = ['deployment.d', 'ClaimRequested', { reason: 'wake', since: AT }] as const
  const events = recorded(requested, claimed, started, lost, failed, woken)
  expect(brokenHistories(events)).toEqual([])
  const late = events.map((event, index) => (index === 5 ? { ...event, at: '2026-01-01T00:00:20.000Z' } : event))
  expect(brokenHistories(late)).toEqual(['deployment.d: ClaimRequested took it from failed to waking (position 6)'])
})

it('finds two slots of one deployment', () => {
  const again = ['instance.d-2', 'InstanceStarted', { claimId: 'd-2', instance: instance('running', 2) }] as const
  expect(brokenHistories(recorded(requested, claimed, started, again))).toEqual(['d holds 2 slots: d-1 running node-1/s1, d-2 running node-1/s2'])
})

it('finds a hole in a stream', () => {
  const events = recorded(requested, claimed, started).filter(({ revision, stream }) => stream !== 'deployment.d' || revision !== 0)
  expect(brokenHistories(events)).toContain('deployment.d: revision 1 follows nothing')
})

it('finds an answer that is not stored', () => {
  const events = recorded(requested, claimed, started)
  expect(unkeptAnswers([{ command: 'create', shown }], events)).toEqual([])
  expect(unkeptAnswers([{ command: 'stop', shown: { ...shown, wanted: 'stopped', revision: 2 } }], events)).toEqual(['stop of n (d): revision 2 was answered; stored are 2 events'])
  expect(unkeptAnswers([{ command: 'start', shown: { ...shown, claim: { id: 'd-9', since: AT } } }], events)).toEqual([`start of n (d): claim d-9 since ${AT} was answered and is not stored`])
})
