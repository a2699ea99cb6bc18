import { describe, expect, test } from 'vitest'
import { given, worldAfter, type History } from '../testing/given.ts'
import {
  at, claimed, failed, hibernated, hibernating, lost, newInstance, paused, pausing, requested, resuming, second, started, toInstance, unclaimed,
} from '../testing/samples.ts'
import * as decide from './decide.ts'
import type { Instance } from './events.ts'

const instanceAfter = (history: History): Instance => {
  const { instance } = worldAfter(history)
  if (!instance) throw new Error('there is no instance')
  return instance
}
/** An event of the instance after `history`: its data, and what changed of its state. */
const event = (type: string, history: History, data: object, change: Partial<Instance>) => {
  const before = instanceAfter(history)
  return { type, data: { deploymentId: 'd', claimId: 'd-1', at, ...data, instance: { ...before, ...change } } }
}
const NO_SLOT = { node: null, slot: null, address: null }

const requestPause = toInstance((of) => decide.requestPause({ at, reason: 'idle' }, of))
const nowPaused = toInstance((of) => decide.paused({ at, requests: 2 }, of))
const abandonPause = toInstance((of) => decide.abandonPause('a request came', { at }, of))
const requestResume = toInstance((of) => decide.requestResume({ at }, of))
const resumed = toInstance((of) => decide.resumed({ at, reason: 'hit', wakeMs: 2.5 }, of))
const requestHibernation = toInstance((of) => decide.requestHibernation({ at, reason: 'requested' }, of))
const nowHibernated = toInstance((of) => decide.hibernated({ at, requests: 2 }, of))
const abandonHibernation = toInstance((of) => decide.abandonHibernation('a request came', { at }, of))
const released = toInstance((of) => decide.released({ at, requests: 2, reason: 'stop' }, of))
const givenUp = toInstance((of) => decide.giveUp('it was lost five times', { at, output: ['Killed'] }, of))
const nowLost = toInstance((of) => decide.lost('its node is gone', { at }, of))

/** The decision has nothing to do in any of these. */
const expectNothing = (decision: ReturnType<typeof toInstance>, histories: readonly History[]) => {
  for (const history of histories) given(history).when(decision).then([])
}

describe('a claim begins', () => {
  const world = worldAfter(requested)
  test('running, when a slot answers', () =>
    given(requested).when(claimed).then([{ type: 'InstanceStarted', data: { deploymentId: 'd', claimId: 'd-1', at, reason: 'create', wakeMs: 12.5, instance: { ...newInstance(world, at), startedAt: at } } }]))
  test('failed, when none could be had', () =>
    given(requested).when(unclaimed).then([{ type: 'InstanceFailed', data: { deploymentId: 'd', claimId: 'd-1', at, reason: 'no slot is free', logTail: [], instance: { ...newInstance(world, at), ...NO_SLOT, status: 'failed', since: at } } }]))
})

describe('a pause', () => {
  test('is asked for; the clock of the awake time goes on', () =>
    given(started).when(requestPause).then([event('PauseRequested', started, { reason: 'idle' }, { status: 'pausing', since: second(1) })]))
  test('asked for twice is asked for once', () => expectNothing(requestPause, [pausing, paused]))
  test.each([['waking', resuming], ['hibernating', hibernating], ['hibernated', hibernated], ['lost', lost], ['failed', failed]])('is refused when it is %s', (status, history) =>
    given(history).when(requestPause).refused('NOT_RUNNING', { name: 'demo', status, participle: 'paused' }))
  test('is a fact that tells how long it was awake, and counts the requests', () =>
    given(pausing).when(nowPaused).then([event('InstancePaused', pausing, { awakeMs: 58_000, requests: 2 }, { status: 'paused', since: at, requests: 2 })]))
  test('that nobody asked for does not happen', () => expectNothing(nowPaused, [started, paused, resuming, hibernated]))
  test('is abandoned for a request; the awake time goes on as if nothing had been', () =>
    given(pausing).when(abandonPause).then([event('PauseAbandoned', pausing, { reason: 'a request came' }, { status: 'running', since: second(1) })]))
  test('that is over is not abandoned', () => expectNothing(abandonPause, [started, paused, hibernated]))
})

describe('waking from a pause', () => {
  test('is asked for', () => given(paused).when(requestResume).then([event('ResumeRequested', paused, {}, { status: 'waking', since: at })]))
  test('is not asked for where there is nothing to resume', () => expectNothing(requestResume, [started, pausing, resuming, hibernated]))
  test.each([['it was asked for', resuming], ['a hit came first', paused]])('is a fact when %s, and is counted', (_, history) =>
    given(history).when(resumed).then([event('InstanceResumed', history, { reason: 'hit', wakeMs: 2.5 }, { status: 'running', since: at, wakes: 1 })]))
  test('of what is awake or gone does not happen', () => expectNothing(resumed, [started, pausing, hibernating, hibernated, lost]))
})

describe('hibernation', () => {
  test('is asked for from pause: the clock starts with the intent', () =>
    given(paused).when(requestHibernation).then([event('HibernateRequested', paused, { reason: 'requested' }, { status: 'hibernating', since: at })]))
  test('is asked for while it runs: the clock of the awake time goes on', () =>
    given(started).when(requestHibernation).then([event('HibernateRequested', started, { reason: 'requested' }, { status: 'hibernating', since: second(1) })]))
  test('asked for twice is asked for once', () => expectNothing(requestHibernation, [hibernating, hibernated]))
  test.each([['pausing', pausing], ['waking', resuming], ['lost', lost], ['failed', failed]])('is refused when it is %s', (status, history) =>
    given(history).when(requestHibernation).refused('NOT_RUNNING', { status, participle: 'hibernated' }))
  test('is a fact: the slot is given up', () =>
    given(hibernating).when(nowHibernated).then([event('InstanceHibernated', hibernating, { awakeMs: 39_000, requests: 2 }, { status: 'hibernated', since: at, requests: 5, ...NO_SLOT })]))
  test('that nobody asked for does not happen', () => expectNothing(nowHibernated, [started, paused, hibernated]))
  test('is abandoned for a request', () =>
    given(hibernating).when(abandonHibernation).then([event('HibernateAbandoned', hibernating, { reason: 'a request came' }, { status: 'running', since: second(20) })]))
  test('that is over is not abandoned', () => expectNothing(abandonHibernation, [started, hibernated]))
})

describe('a slot is given back', () => {
  test.each([['awake', started, 58_000], ['pausing', pausing, 58_000], ['paused', paused, 0], ['waking', resuming, 0]])('when it is %s, with the time it was awake', (_, history, awakeMs) =>
    given(history).when(released).then([event('InstanceReleased', history, { awakeMs, requests: 2, reason: 'stop', cutOff: null }, { status: 'released', since: at, requests: instanceAfter(history).requests + 2, ...NO_SLOT })]))
  test('or is lost', () =>
    given(paused).when(nowLost).then([event('InstanceLost', paused, { reason: 'its node is gone', cause: 'slot', before: 'paused', logTail: [] }, { status: 'lost', since: at, ...NO_SLOT })]))
  test('with what its slot wrote last, as much as an event takes', () => {
    const output = [...Array.from({ length: 24 }, (_, line) => `${line}`), "  'X-Amz-Security-Token': 'abc'", `\u001b[31m${'x'.repeat(900)}`]
    given(started).when(toInstance((of) => decide.lost('its node is gone', { at, cause: 'node', output }, of))).then([event('InstanceLost', started, {
      reason: 'its node is gone', cause: 'node', before: 'running', logTail: [...Array.from({ length: 18 }, (_, line) => `${line + 6}`), '(a line that may hold a secret)', ` [31m${'x'.repeat(295)}`],
    }, { status: 'lost', since: at, ...NO_SLOT })])
  })
  test('lost again and again, it has failed', () =>
    given(lost).when(givenUp).then([event('InstanceFailed', lost, { reason: 'it was lost five times', logTail: ['Killed'] }, { status: 'failed', since: at })]))
  test('is given up only where it was lost', () => expectNothing(givenUp, [started, paused, hibernated, failed]))
  test('only when there is one', () => {
    expectNothing(released, [hibernated, lost, failed])
    expectNothing(nowLost, [hibernated, lost, failed])
  })
})

describe('whatever the clocks say', () => {
  test('nobody was awake for less than no time', () =>
    given(pausing).when(toInstance((of) => decide.paused({ at: second(0), requests: 0 }, of))).then([expect.objectContaining({ data: expect.objectContaining({ awakeMs: 0 }) })]))
  test.each([
    ['abandoned pause', pausing, toInstance((of) => decide.abandonPause('x'.repeat(900), { at }, of))],
    ['abandoned hibernation', hibernating, toInstance((of) => decide.abandonHibernation('x'.repeat(900), { at }, of))],
    ['loss', started, toInstance((of) => decide.lost('x'.repeat(900), { at }, of))],
    ['failure', started, toInstance((of) => decide.fail(of, 'x'.repeat(900), { at }))],
  ])('the reason of an %s fits its schema', (_, history, decision) =>
    given(history).when(decision).then([expect.objectContaining({ data: expect.objectContaining({ reason: 'x'.repeat(500) }) })]))
})
