import { describe, expect, test } from 'vitest'
import * as decide from './instance/decide.ts'
import { CatalogueError } from './errors.ts'
import { STATUSES, TRANSITIONS, allows, sourcesOf, type Status, type TransitionEvent } from './states.ts'
import { worldAfter, type Decision, type History } from './testing/given.ts'
import { HISTORIES, at, changeSettings, claimed, claimedAnew, deleted, heal, lost, move, remove, restart, resuming, rotate, start, stop, stopped, toInstance, unclaimed, wake } from './testing/samples.ts'

/**
 * Each command and the transition it asks for. `only` narrows it where several commands lead to one event: together they ask
 * from exactly the states of the table. A claim begins when the deployment waits for one and it has no instance yet.
 */
const begins = (decision: Decision): Decision => (world) => (['starting', 'waking', 'upgrading'].includes(world.deployment.status) && !world.instance ? decision(world) : [])
const COMMANDS: readonly { readonly name: string; readonly decision: Decision; readonly event: TransitionEvent; readonly only?: readonly Status[] }[] = [
  { name: 'start', decision: start, event: 'ClaimRequested', only: ['stopped', 'failed'] },
  { name: 'restart', decision: restart, event: 'ClaimRequested', only: ['requested', 'running', 'paused', 'hibernated', 'failed'] },
  { name: 'wake', decision: wake, event: 'ClaimRequested', only: ['hibernated'] },
  { name: 'heal', decision: heal, event: 'ClaimRequested', only: ['hibernated', 'failed'] },
  { name: 'move', decision: move('upgrade'), event: 'ClaimRequested', only: ['running'] },
  { name: 'change settings', decision: changeSettings({ open: true }), event: 'ClaimRequested', only: ['starting', 'running', 'pausing', 'paused', 'waking', 'hibernating', 'upgrading'] },
  { name: 'rotate credentials', decision: rotate, event: 'ClaimRequested', only: ['starting', 'running', 'pausing', 'paused', 'waking', 'hibernating', 'upgrading'] },
  { name: 'stop', decision: stop(), event: 'StopRequested' },
  { name: 'delete', decision: remove, event: 'DeletionRequested' },
  { name: 'close a stop', decision: stopped, event: 'DeploymentStopped' },
  { name: 'close a deletion', decision: deleted, event: 'DeploymentDeleted' },
  { name: 'begin', decision: begins(claimed), event: 'InstanceStarted' },
  { name: 'fail', decision: begins(unclaimed), event: 'InstanceFailed', only: ['starting', 'waking', 'upgrading'] },
  { name: 'give up', decision: toInstance((of) => decide.giveUp('it was lost again and again', { at }, of)), event: 'InstanceFailed', only: ['hibernated'] },
  { name: 'ask for a pause', decision: toInstance((of) => decide.requestPause({ at, reason: 'idle' }, of)), event: 'PauseRequested' },
  { name: 'abandon a pause', decision: toInstance((of) => decide.abandonPause('a request came', { at }, of)), event: 'PauseAbandoned' },
  { name: 'pause', decision: toInstance((of) => decide.paused({ at, requests: 1 }, of)), event: 'InstancePaused' },
  { name: 'ask to resume', decision: toInstance((of) => decide.requestResume({ at }, of)), event: 'ResumeRequested' },
  { name: 'resume', decision: toInstance((of) => decide.resumed({ at, reason: 'hit', wakeMs: 1 }, of)), event: 'InstanceResumed' },
  { name: 'ask for hibernation', decision: toInstance((of) => decide.requestHibernation({ at, reason: 'idle' }, of)), event: 'HibernateRequested' },
  { name: 'abandon a hibernation', decision: toInstance((of) => decide.abandonHibernation('a request came', { at }, of)), event: 'HibernateAbandoned' },
  { name: 'hibernate', decision: toInstance((of) => decide.hibernated({ at, requests: 1 }, of)), event: 'InstanceHibernated' },
  { name: 'lose', decision: toInstance((of) => decide.lost('its node is gone', { at }, of)), event: 'InstanceLost' },
]

/** Histories that lead to a status; a deployment is `waking` or `hibernated` in two ways. */
const histories = (status: Status): readonly History[] =>
  status === 'waking' ? [claimedAnew, resuming] : status === 'hibernated' ? [HISTORIES.hibernated, lost] : [HISTORIES[status]]

/** What a command leads to: its events, or nothing when it has nothing to do or is refused. */
const outcome = (decision: Decision, history: History): History => {
  try {
    return decision(worldAfter(history)) as History
  } catch (error) {
    if (error instanceof CatalogueError && error.kind === 'rejected') return []
    throw error
  }
}
const isTransition = (type: string): type is TransitionEvent => TRANSITIONS.some(({ event }) => event === type)
// an instance that was stopped, deleted or replaced lives on unseen: what it does then is no transition of the deployment
const seen = (history: History): boolean => !['stopping', 'stopped', 'deleting', 'deleted'].includes(worldAfter(history).deployment.status)

describe.each(STATUSES)('while it is %s', (status) => {
  test('the histories lead there', () => {
    for (const history of histories(status)) expect(worldAfter(history).status).toBe(status)
  })

  test.each(COMMANDS)('$name is what the table says', ({ decision, event, only }) => {
    const ofInstance = TRANSITIONS.find((row) => row.event === event)?.aggregate === 'instance'
    const possible = histories(status).filter((history) => !ofInstance || seen(history)).some((history) => outcome(decision, history).some(({ type }) => type === event))
    expect(possible).toBe(only ? only.includes(status) : allows(status, event))
  })

  test('every transition a command makes is in the table, and leads where it says', () => {
    for (const history of histories(status).filter(seen)) {
      for (const { decision } of COMMANDS) {
        outcome(decision, history).reduce<History>((before, event) => {
          const after = [...before, event]
          const [from, to] = [worldAfter(before).status, worldAfter(after).status]
          if (isTransition(event.type)) expect(TRANSITIONS.filter((row) => row.event === event.type && (row.from as readonly Status[]).includes(from)).map((row) => row.to)).toContain(to)
          else expect(to).toBe(from)
          return after
        }, history)
      }
    }
  })
})

describe('the table', () => {
  test('holds every state, and no other', () => {
    expect(new Set(TRANSITIONS.flatMap(({ from, to }) => [...from, to]))).toEqual(new Set(STATUSES))
  })

  test('is asked for whole: commands that share an event ask from all its states', () => {
    for (const { event } of TRANSITIONS.filter(({ event }) => event !== 'DeploymentRequested')) {
      const asked = COMMANDS.filter((command) => command.event === event)
      const from = asked.flatMap(({ only }) => only ?? sourcesOf(event))
      expect(new Set(from), event).toEqual(new Set(sourcesOf(event)))
    }
  })

  test('begins with a request and ends with a deletion', () => {
    expect(TRANSITIONS.filter(({ from }) => from.length === 0).map(({ event }) => event)).toEqual(['DeploymentRequested'])
    expect(STATUSES.filter((status) => !TRANSITIONS.some(({ from }) => (from as readonly Status[]).includes(status)))).toEqual(['deleted'])
  })

  test('says from where an event may happen', () => {
    expect(sourcesOf('InstancePaused')).toEqual(['pausing'])
    expect(sourcesOf('ClaimRequested')).toEqual(['requested', 'stopped', 'failed', 'running', 'paused', 'hibernated', 'starting', 'pausing', 'waking', 'hibernating', 'upgrading'])
    expect(sourcesOf('ClaimRequested', 'wake')).toEqual(['hibernated'])
    expect(allows('pausing', 'InstancePaused')).toBe(true)
    expect(allows('running', 'InstancePaused')).toBe(false)
  })
})
