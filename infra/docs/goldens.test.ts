import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { CATALOGUE_OF_EVENTS } from '../../events/catalogue.ts'
import { GOLDEN_FOLDER, problemsOf, publish } from './goldens.ts'

test('of every version ever published there is an example that still reads, a schema, and neither was edited', () => {
  expect(problemsOf()).toEqual([])
})

describe('an edit of what was published shows', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'orp-golden-'))
    cpSync(GOLDEN_FOLDER, folder, { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const withSchema = (type: string, ...versions: [z.ZodType, ...z.ZodType[]]) =>
    ({ ...CATALOGUE_OF_EVENTS, [type]: { category: 'deployment' as const, versions, upcasters: versions.slice(1).map(() => (older: never) => older) } })
  const [first] = CATALOGUE_OF_EVENTS['StartRequested']?.versions ?? []
  if (!first) throw new Error('StartRequested is not in the catalogue')

  test('in an example', () => {
    appendFileSync(join(folder, 'ClaimRequested.v1.json'), '\n')
    expect(problemsOf(folder)).toEqual(['ClaimRequested.v1.json was published and then edited'])
  })

  test('in a schema', () => {
    const edited = withSchema('StartRequested', z.strictObject({ deploymentId: z.string(), name: z.string(), at: z.iso.datetime(), note: z.string().optional() }))
    expect(problemsOf(folder, edited)).toEqual([expect.stringContaining('The schema of StartRequested version 1 was published and then edited')])
    expect(publish(folder, edited)).toHaveLength(1)
  })

  test('in a schema and its snapshot together', () => {
    const edited = withSchema('StartRequested', z.strictObject({ deploymentId: z.string(), name: z.string(), at: z.iso.datetime() }))
    const file = join(folder, 'schemas/StartRequested.v1.schema.json')
    rmSync(file)
    expect(publish(folder, edited)).toEqual(['schemas/StartRequested.v1.schema.json was published and then edited'])
  })

  test('when an event is dropped from the catalogue', () => {
    const { StartRequested: _, ...fewer } = CATALOGUE_OF_EVENTS
    expect(problemsOf(folder, fewer)).toEqual([expect.stringContaining('StartRequested.v1.json was published'), expect.stringContaining('schemas/StartRequested.v1.schema.json was published')])
  })

  test('when an old example can be read no more', () => {
    writeFileSync(join(folder, 'NameReserved.v1.json'), '{"name": "demo"}')
    expect(problemsOf(folder)).toEqual([expect.stringMatching(/^NameReserved.v1.json does not read any more: Event NameReserved/), 'NameReserved.v1.json was published and then edited'])
  })

  test('but a new version is asked for its example, then published', () => {
    const grown = withSchema('StartRequested', first, z.strictObject({ deploymentId: z.string(), name: z.string(), at: z.iso.datetime() }))
    expect(publish(folder, grown)).toEqual([expect.stringContaining('StartRequested.v2.json is missing: write an example')])
    writeFileSync(join(folder, 'StartRequested.v2.json'), readFileSync(join(folder, 'StartRequested.v1.json')))
    expect(problemsOf(folder, grown)).toEqual(['StartRequested.v2.json is not pinned: npm run docs'])
    expect(publish(folder, grown)).toEqual([])
    expect(problemsOf(folder, grown)).toEqual([])
  })
})
