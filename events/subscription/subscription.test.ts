import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as decide from './decide.ts'
import type { SubscriptionEvent } from './events.ts'
import { evolve, type Subscription } from './state.ts'

const at = '2026-01-01T00:00:00.000Z'
const later = '2026-01-02T00:00:00.000Z'
const id = { subscriptionId: 's1' }
const terms = { url: 'https://example.org/hook', topics: ['events.>'], types: null, description: null }
const created: SubscriptionEvent = { type: 'SubscriptionCreated', data: { ...id, owner: 'operator', ...terms, from: 'now', secretVersion: 1, at } }
const pausedBy = (reason: 'requested' | 'gone' | 'failing'): SubscriptionEvent => ({ type: 'SubscriptionPaused', data: { ...id, reason, at: later } })
const resumed: SubscriptionEvent = { type: 'SubscriptionResumed', data: { ...id, at: later } }
const deleted: SubscriptionEvent = { type: 'SubscriptionDeleted', data: { ...id, at: later } }
const changed = (fields: object, secretVersion = 1): SubscriptionEvent => ({ type: 'SubscriptionChanged', data: { ...id, ...terms, ...fields, secretVersion, at: later } })

const after = (history: readonly SubscriptionEvent[]): Subscription => history.reduce<Subscription | null>(evolve, null) ?? expect.fail('nothing was created')
type Decision = (subscription: Subscription) => readonly SubscriptionEvent[]
const pause: Decision = (it) => decide.pause('requested', later, it)
const gone: Decision = (it) => decide.pause('gone', later, it)
const resume: Decision = (it) => decide.resume(later, it)
const remove: Decision = (it) => decide.remove(later, it)
const rotate: Decision = (it) => decide.rotateSecret(later, it)
const change = (fields: Parameters<typeof decide.change>[0]): Decision => (it) => decide.change(fields, later, it)

describe('given, when, then', () => {
  test.each<[string, readonly SubscriptionEvent[], Decision, readonly SubscriptionEvent[]]>([
    ['an active one is paused', [created], pause, [pausedBy('requested')]],
    ['an endpoint that is gone pauses it', [created], gone, [pausedBy('gone')]],
    ['a paused one is not paused again, whoever asks', [created, pausedBy('requested')], gone, []],
    ['a paused one is resumed', [created, pausedBy('gone')], resume, [resumed]],
    ['an active one is not resumed', [created], resume, []],
    ['a change says the whole', [created], change({ types: ['InstancePaused'] }), [changed({ types: ['InstancePaused'] })]],
    ['a change that changes nothing is none', [created], change({ topics: ['events.>'] }), []],
    ['a change keeps the version of the secret', [created, changed({}, 2)], change({ description: 'x' }), [changed({ description: 'x' }, 2)]],
    ['a rotation is the next version', [created, changed({}, 2)], rotate, [changed({}, 3)]],
    ['a paused one is deleted', [created, pausedBy('gone')], remove, [deleted]],
    ['a deleted one is not deleted again', [created, deleted], remove, []],
  ])('%s', (_, history, when, then) => expect(when(after(history))).toEqual(then))

  test.each<[string, Decision]>([['paused', pause], ['resumed', resume], ['changed', change({ description: 'x' })], ['given a new secret', rotate]])('a deleted one is not %s', (_, when) =>
    expect(() => when(after([created, deleted]))).toThrow(expect.objectContaining({ code: 'SUBSCRIPTION_DELETED', status: 410 })))

  test('one is created with the first version of its secret', () => expect(decide.create({ ...id, owner: 'operator', ...terms, from: 'now', at })).toEqual([created]))
})

describe('its state', () => {
  test('knows when the secret changed, whatever else changes', () => {
    expect(after([created, changed({ url: 'https://example.net/' })])).toMatchObject({ url: 'https://example.net/', secretVersion: 1, secretSince: at })
    expect(after([created, changed({}, 2)])).toMatchObject({ secretVersion: 2, secretSince: later, revision: 1 })
  })

  test('is total, and deleted for ever', () => {
    const any = fc.constantFrom(created, pausedBy('gone'), resumed, changed({}, 2), deleted)
    fc.assert(fc.property(fc.array(any), fc.array(any), (before, rest) => {
      expect(before.reduce<Subscription | null>(evolve, null)?.subscriptionId ?? null).toBe(before.includes(created) ? 's1' : null)
      expect(after([created, ...before, deleted, ...rest])).toMatchObject({ status: 'deleted', pauseReason: null, revision: before.length + rest.length + 1 })
    }))
  })
})
