import { describe, expect, it } from 'vitest'
import { listedFunctionSchema, toSubscriber } from './subscriber.ts'

const annotated = (annotations: Record<string, string>) => toSubscriber({ name: 'provision', annotations })

describe('a function becomes a subscriber by its annotations', () => {
  it('with defaults', () => {
    expect(annotated({ topic: 'events.deployment.*' })).toEqual({
      subscriber: { name: 'provision', subjects: new Map([['EVENTS', ['events.deployment.*']]]), types: undefined, park: 'next', concurrency: 64, minAgeMs: 0, maxAttempts: 8 },
      problems: [],
    })
  })

  it('with all of them given', () => {
    expect(annotated({ topic: 'hits.*', events: ' ProxyHit , WakeDue,', park: 'block', concurrency: '4', 'max-attempts': ' 3 ' }).subscriber).toMatchObject({
      types: ['ProxyHit', 'WakeDue'], park: 'block', concurrency: 4, maxAttempts: 3,
    })
  })

  it('not without a topic', () => {
    expect(toSubscriber({ name: 'deployments', annotations: null })).toEqual({ subscriber: null, problems: [] })
    expect(annotated({ topic: 'cron-function' })).toMatchObject({ subscriber: null, problems: [expect.stringContaining('cron-function')] })
  })

  it.each([['park', 'never'], ['concurrency', '0'], ['concurrency', 'many'], ['max-attempts', '-1']])('keeps the default when %s is "%s", and says so', (key, value) => {
    const { subscriber, problems } = annotated({ topic: 'hits.*', [key]: value })
    expect(subscriber).toMatchObject({ park: 'next', concurrency: 64, maxAttempts: 8 })
    expect(problems).toEqual([expect.stringContaining(`annotation ${key} "${value}"`)])
  })

  it('only under a name that can be a consumer and a path', () => {
    expect(listedFunctionSchema.safeParse({ name: '../system', annotations: {} }).success).toBe(false)
    expect(listedFunctionSchema.parse({ name: 'cold-start', image: 'x', replicas: 1 })).toEqual({ name: 'cold-start' })
  })
})
