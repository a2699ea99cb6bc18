import { describe, expect, test } from 'vitest'
import { parseEvent } from '../catalogue.ts'
import * as decide from './decide.ts'
import type { DrainCause, DrainEvent } from './events.ts'
import { evolve, type Drain } from './state.ts'

const at = '2026-01-01T00:00:09.000Z'
const later = '2026-01-01T00:01:00.000Z'
const after = (...decisions: readonly ((drain: Drain | null) => readonly DrainEvent[])[]): { readonly drain: Drain | null; readonly told: readonly string[] } =>
  decisions.reduce<{ drain: Drain | null; told: string[] }>(({ drain, told }, decision) => {
    const events = decision(drain)
    for (const { type, data } of events) expect(parseEvent(type, data)).toEqual({ type, data })
    return { drain: events.reduce<Drain | null>(evolve, drain), told: [...told, ...events.map(({ type }) => type)] }
  }, { drain: null, told: [] })
const ask = (cause: DrainCause) => (drain: Drain | null) => decide.requestDrain({ node: 'n', cause, at }, drain)
const emptied = (drain: Drain | null) => decide.drained({ at: later }, drain)
const back = (drain: Drain | null) => decide.returned({ at: later }, drain)
const restart = (drain: Drain | null) => decide.restarted({ at: later }, drain)
const draining: Drain = { node: 'n', status: 'draining', cause: 'operator', requestedAt: at, since: at }

describe('a node', () => {
  test('is drained, empty, and in use again', () => {
    expect(after(ask('operator'))).toEqual({ drain: draining, told: ['NodeDrainRequested'] })
    expect(after(ask('operator'), emptied).drain).toEqual({ ...draining, status: 'drained', since: later })
    expect(after(ask('operator'), emptied, back)).toEqual({ drain: null, told: ['NodeDrainRequested', 'NodeDrained', 'NodeReturned'] })
    expect(after(ask('operator'), back, ask('operator')).drain).toEqual(draining)
  })

  test('is asked twice and drained once, empty once, back once', () => {
    expect(after(ask('operator'), ask('operator'), emptied, emptied, ask('operator'), back, back).told).toEqual(['NodeDrainRequested', 'NodeDrained', 'NodeReturned'])
    expect(after(emptied, back).told).toEqual([])
  })

  test('that shut down is in use again when an agent starts there, unless its operator had asked as well', () => {
    expect(after(ask('shutdown'), restart).told).toEqual(['NodeDrainRequested', 'NodeReturned'])
    expect(after(ask('shutdown'), ask('operator'), restart)).toEqual({ drain: draining, told: ['NodeDrainRequested', 'NodeDrainRequested'] })
    expect(after(ask('operator'), ask('shutdown'), emptied, restart).drain).toMatchObject({ status: 'drained', cause: 'operator' })
  })
})
