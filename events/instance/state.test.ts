import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instanceEvents, instances } from '../testing/arbitraries.ts'
import { evolve, holdsSlot } from './state.ts'

test('the newest event tells all, whatever was before', () => {
  fc.assert(fc.property(fc.option(instances), instanceEvents, (before, event) => {
    expect(evolve(before, event)).toEqual(event.data.instance)
  }))
})

test('a slot is held from the start until it was given up, lost, or never had', () => {
  fc.assert(fc.property(instances, (instance) => {
    const gone = ['hibernated', 'released', 'lost', 'failed'].includes(instance.status)
    expect(holdsSlot(instance)).toBe(instance.slot !== null && !gone)
  }))
})
