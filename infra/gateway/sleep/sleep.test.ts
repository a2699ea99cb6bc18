import { describe, expect, test } from 'vitest'
import { called, dueOf, telling, type Activity } from './decide.ts'
import { idleMs } from './policy.ts'

describe('when a function sleeps is its label\'s or annotation\'s to say', () => {
  const zero = { 'com.openfaas.scale.zero': 'true' }
  test.each<[Record<string, string>, number | null]>([
    [{}, null], [{ 'com.openfaas.scale.zero': 'false' }, null], [{ 'com.openfaas.scale.zero-duration': '5m' }, null],
    [zero, 900_000], [{ ...zero, 'com.openfaas.scale.zero-duration': '5m' }, 300_000], [{ ...zero, 'com.openfaas.scale.zero-duration': '1h30m' }, 5_400_000], [{ ...zero, 'com.openfaas.scale.zero-duration': '5s' }, 5_000],
  ])('%j: %s ms', (texts, ms) => {
    expect([idleMs({ labels: texts, annotations: {} }), idleMs({ labels: {}, annotations: texts })]).toEqual([ms, ms])
  })

  test.each(['soon', '4', '-5m', '4s', '169h', '5m x'])('not by %s', (duration) => {
    expect(() => idleMs({ labels: { ...zero, 'com.openfaas.scale.zero-duration': duration }, annotations: {} })).toThrow('is not a time such as')
  })
})

const IDLE = 60_000
const at = (seconds: number): Activity => ({ calledAt: seconds * 1_000, drowsy: null })
const drowsy = (seconds: number, by: string, since: number): Activity => ({ calledAt: seconds * 1_000, drowsy: { by, since: since * 1_000 } })

describe('a call', () => {
  test.each<[string, Activity | undefined, number, string]>([
    ['nobody knows of any', undefined, 0, 'meanwhile'],
    ['the others know of one lately', at(0), 14, 'not'],
    ['the last one they know of is a quarter of the idle time ago', at(0), 15, 'meanwhile'],
    ['somebody wants it to sleep', drowsy(0, 'gateway-2', 75), 76, 'first'],
  ])('%s', (_, activity, now, when) => {
    expect(telling(activity, IDLE, now * 1_000)).toBe(when)
  })

  test('wakes who is drowsy, and never turns the time back', () => {
    expect(called(drowsy(50, 'gateway-2', 75), 76_000)).toEqual(at(76))
    expect(called(at(80), 76_000)).toEqual(at(80)) // of a gateway whose clock is ahead
  })
})

describe('a look at a function that is awake', () => {
  test.each<[string, Activity | undefined, number, string]>([
    ['it was never called', undefined, 0, 'note'],
    ['it was called within its time', at(0), 60, 'leave'],
    ['it may have been called since, untold', at(0), 74, 'leave'],
    ['nobody called it', at(0), 75, 'drowsy'],
    ['another gateway wants it to sleep', drowsy(0, 'gateway-2', 75), 80, 'leave'],
    ['another one wanted to, and went away', drowsy(0, 'gateway-2', 75), 136, 'drowsy'],
    ['we want it to sleep, and the others have yet to hear of it', drowsy(0, 'gateway-1', 75), 77, 'leave'],
    ['we want it to sleep, and nobody called', drowsy(0, 'gateway-1', 75), 78, 'sleep'],
  ])('%s', (_, activity, now, due) => {
    expect(dueOf(activity, IDLE, 'gateway-1', now * 1_000)).toBe(due)
  })
})
