import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nameEvents } from '../testing/arbitraries.ts'
import { evolve, unreserved } from './state.ts'

test('a name is held by whom it was reserved for last, until it is released', () => {
  fc.assert(fc.property(fc.array(nameEvents, { maxLength: 10 }), (events) => {
    const state = events.reduce((before, event, revision) => evolve(before, event, revision), unreserved)
    const last = events.at(-1)
    expect(state).toEqual({ heldBy: last?.type === 'NameReserved' ? last.data.deploymentId : null, revision: events.length - 1 })
  }))
})
