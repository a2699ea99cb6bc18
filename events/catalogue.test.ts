import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CATALOGUE_OF_EVENTS, currentVersion, parseEvent, readEvent, type Catalogue } from './catalogue.ts'

const golden = (type: string, version = 1): unknown => JSON.parse(readFileSync(join(import.meta.dirname, 'golden', `${type}.v${version}.json`), 'utf8'))

// a planted history of one event: metres, then centimetres, then with a unit
const planted: Catalogue = {
  Measured: {
    category: 'deployment',
    versions: [z.strictObject({ metres: z.number() }), z.strictObject({ centimetres: z.number() }), z.strictObject({ length: z.number().max(10_000), unit: z.enum(['cm']) })],
    upcasters: [({ metres }: { metres: number }) => ({ centimetres: metres * 100 }), ({ centimetres }: { centimetres: number }) => ({ length: centimetres, unit: 'cm' })],
  },
}

describe('what is written', () => {
  test.each(Object.keys(CATALOGUE_OF_EVENTS))('%s is parsed by its newest schema, and a field nobody knows is refused', (type) => {
    const data = golden(type, currentVersion(type)) as object
    expect(parseEvent(type, data)).toEqual({ type, data })
    expect(() => parseEvent(type, { ...data, password: 'x' })).toThrow(expect.objectContaining({ code: 'MALFORMED_EVENT', kind: 'poison' }))
    for (const key of Object.keys(data)) {
      const { [key]: _, ...less } = data as Record<string, unknown>
      if (!(type === 'StopRequested' && key === 'reason')) expect(() => parseEvent(type, less), `without ${key}`).toThrow(key)
    }
  })

  test('is of the newest version', () => {
    expect(currentVersion('Measured', planted)).toBe(3)
    expect(parseEvent('Measured', { length: 150, unit: 'cm' }, planted)).toEqual({ type: 'Measured', data: { length: 150, unit: 'cm' } })
    expect(() => parseEvent('Measured', { metres: 1.5 }, planted)).toThrow(expect.objectContaining({ code: 'MALFORMED_EVENT' }))
  })
})

describe('what is read', () => {
  test.each([[1, { metres: 1.5 }], [2, { centimetres: 150 }], [3, { length: 150, unit: 'cm' }]])('version %i is lifted to the newest', (version, data) => {
    expect(readEvent('Measured', version, data, planted)).toEqual({ type: 'Measured', data: { length: 150, unit: 'cm' } })
  })
  test('is parsed as what it was written as', () => {
    expect(() => readEvent('Measured', 1, { centimetres: 150 }, planted)).toThrow(expect.objectContaining({ code: 'MALFORMED_EVENT', details: { type: 'Measured', reason: expect.stringContaining('metres') } }))
  })
  test('is parsed again once it was lifted', () => {
    expect(() => readEvent('Measured', 1, { metres: 101 }, planted)).toThrow(expect.objectContaining({ code: 'MALFORMED_EVENT' }))
  })
  test.each([0, 4, -1, 1.5, Number.NaN])('of version %d is unknown to this release', (version) => {
    expect(() => readEvent('Measured', version, { metres: 1 }, planted)).toThrow(expect.objectContaining({ code: 'UNKNOWN_EVENT', kind: 'poison' }))
  })
})

test.each(['Nothing', 'toString', '__proto__', 'constructor', ''])('a type %j that nobody published is unknown', (type) => {
  expect(() => parseEvent(type, {})).toThrow(expect.objectContaining({ code: 'UNKNOWN_EVENT' }))
  expect(() => readEvent(type, 1, {})).toThrow(expect.objectContaining({ code: 'UNKNOWN_EVENT' }))
})

test('between each version and the next there is an upcaster', () => {
  for (const [type, { versions, upcasters }] of Object.entries(CATALOGUE_OF_EVENTS)) expect(upcasters, type).toHaveLength(versions.length - 1)
})
