import { describe, expect, it } from 'vitest'
import type { DomainEvent, RecordedEvent } from '../../events/envelope.ts'
import type { Instance } from '../../events/instance/events.ts'
import { moving, newInstance, started } from '../../events/testing/samples.ts'
import { worldAfter } from '../../events/testing/given.ts'
import * as decide from '../../events/instance/decide.ts'
import { routesView } from './view.ts'

const at = '2026-01-01T00:02:00.000Z'
const metadata = { correlationId: 'c', actor: 'test' }
/** Events as a store holds them, in order; those of a claim in its own stream. */
const recorded = (events: readonly DomainEvent[]): readonly RecordedEvent[] => {
  const revisions = new Map<string, number>()
  return events.map((event, index) => {
    const { claimId } = event.data as { readonly claimId?: string }
    const stream = claimId === undefined ? 'deployment.d' as const : `instance.${claimId}` as const
    const revision = revisions.get(stream) ?? 0
    revisions.set(stream, revision + 1)
    return { ...event, id: `e${index}`, version: 1, at, stream, revision, position: String(index + 1), metadata }
  })
}
const instanceOf = (history: typeof started): Instance => worldAfter(history).instance ?? newInstance(worldAfter(history), at)
const before = instanceOf(started)
const given = decide.released({ reason: 'drain', requests: 1, at }, before)
const next = decide.start({ ...newInstance(worldAfter(moving), at), node: 'node-2', address: '127.0.0.1:20002' }, 'drain', 12)
const story = recorded([...moving, ...given, ...next])

describe('the routes of a deployment that moves', () => {
  it('go from the slot it has to the next one, and nowhere in between', () => {
    const view = routesView()
    expect(story.map((event) => view.apply(event)).map((route) => route && [route.state, route.claimId, route.address, route.sequence])).toEqual([
      ['asleep', null, null, '1'], ['asleep', 'd-1', null, '2'], ['routed', 'd-1', '127.0.0.1:20001', '3'], ['routed', 'd-1', '127.0.0.1:20001', '4'],
      ['asleep', 'd-2', null, '5'], ['routed', 'd-2', '127.0.0.1:20002', '6'],
    ])
  })

  it.each([3, 4, 5, 6])('are the same when all is read anew after %i events, deployments first, and of instances the newest', (count) => {
    const [live, anew] = [routesView(), routesView()]
    const told = story.slice(0, count)
    told.forEach(live.apply)
    const newest = new Map(told.filter(({ stream }) => stream.startsWith('instance.')).map((event) => [event.stream, event]))
    for (const event of [...told.filter(({ stream }) => stream.startsWith('deployment.')), ...newest.values()]) anew.apply(event)
    expect(anew.all()).toEqual(live.all())
    for (const event of told) anew.apply(event) // and once more, as whoever follows from where it began to read
    expect(anew.all()).toEqual(live.all())
  })

  it('of an instance older than its newest settings are found when all is read anew', () => {
    const view = routesView()
    const settings = { ...worldAfter(started).deployment.settings, pauseAfterSeconds: 7 }
    const [requested, claimed, begun, changed] = recorded([...started, { type: 'SettingsChanged', data: { deploymentId: 'd', name: 'demo', settings, at } }])
    for (const event of [requested, claimed, changed, begun]) if (event) view.apply(event)
    expect(view.all()).toMatchObject([{ state: 'routed', sequence: '4' }])
  })
})
