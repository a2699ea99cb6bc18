import fc from 'fast-check'
import { word } from './documents.ts'

/** Where something is changed, and how: the way down is a number for each level. */
type Mutation = { readonly way: readonly number[]; readonly how: 'left out' | 'another' | 'twice' | 'renamed'; readonly value: unknown }

const mutation: fc.Arbitrary<Mutation> = fc.record({
  way: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 4 }),
  how: fc.constantFrom('left out', 'another', 'another', 'twice', 'renamed'),
  value: fc.oneof(word, fc.constantFrom<unknown>(null, true, 0, -1, 1e308, '', [], {}, [[]], { '@id': '_:b0' }, { '@value': 1, '@type': 'x:y' }, 'x'.repeat(5_000))),
})

/** None most of the time. */
export const mutations = fc.oneof({ arbitrary: fc.constant<readonly Mutation[]>([]), weight: 6 }, { arbitrary: fc.array(mutation, { minLength: 1, maxLength: 2 }), weight: 4 })

/** JSON with something else at one place in it. */
export const mutated = (json: unknown, all: readonly Mutation[]): unknown => all.reduce<unknown>((value, { way, ...change }) => changedAt(value, way, change), json)

const changedAt = (json: unknown, [first = 0, ...way]: readonly number[], change: Omit<Mutation, 'way'>): unknown => {
  if (typeof json !== 'object' || json === null) return change.value
  const entries = Object.entries(json as Readonly<Record<string, unknown>>)
  const index = first % Math.max(1, entries.length)
  const [key, value] = entries[index] ?? ['x', null]
  const isDeeper = way.length > 0 && typeof value === 'object' && value !== null
  const next: [string, unknown][] = isDeeper ? [[key, changedAt(value, way, change)]]
    : change.how === 'left out' ? []
      : change.how === 'another' ? [[key, change.value]]
        : change.how === 'twice' ? [[key, [value, value]]]
          : [[String(change.value).slice(0, 100), value]]
  const all = entries.toSpliced(index, 1, ...next)
  return Array.isArray(json) ? all.map(([, item]) => item) : Object.fromEntries(all)
}
