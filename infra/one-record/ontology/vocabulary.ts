import { tokensOf, type Table } from './table.ts'
import { full } from './terms.ts'

/** What is said of a property everywhere. `domain`: classes that may have it besides those with a restriction on it. */
export type Property = { readonly kind: 'link' | 'literal'; readonly ranges: readonly string[]; readonly domain: readonly string[]; readonly maxLength: number | null }

/** What a class and its superclasses say of one property: its values are of one of `ranges` (none: anything), `most` and `least` of them. */
export type Rule = { readonly ranges: readonly string[]; readonly most: number; readonly least: number }

/** The ontologies by IRI. */
export type Vocabulary = {
  /** Class -> its direct superclasses. */
  readonly classes: ReadonlyMap<string, readonly string[]>
  readonly properties: ReadonlyMap<string, Property>
  /** Codes of closed lists and enumerations. */
  readonly closedLists: ReadonlyMap<string, ReadonlySet<string>>
  /** Properties that some class has a restriction on. */
  readonly restricted: ReadonlySet<string>
  /** The class and all its superclasses; of an unknown class, only itself. */
  readonly ancestors: (iri: string) => ReadonlySet<string>
  /** Rules of a class, those of its superclasses among them, by property; each holds. */
  readonly rulesOf: (iri: string) => ReadonlyMap<string, readonly Rule[]>
}

/** The vocabulary of `releases`: what only one of them has is there, and where they differ the wider holds. */
export const readVocabulary = (table: Table, releases: readonly string[]): Vocabulary => {
  const tokens = (line: string | undefined): readonly string[] => (line?.includes('@') ? [...new Set(releases.flatMap((release) => tokensOf(line, release)))] : (line ?? '').split(' ').filter(Boolean))
  const entries = (part: Readonly<Record<string, string>>) => Object.entries(part).map(([name, line]) => [full(name), tokens(line), name] as const).filter(([, those]) => those.length > 0)
  const starting = (those: readonly string[], sign: string): string[] => those.filter((token) => token.startsWith(sign)).map((token) => full(token.slice(1)))

  const classes = new Map(entries(table.classes).map(([iri, those]) => [iri, those.filter((token) => token !== '*').map(full)]))
  const properties = new Map(entries(table.properties).map(([iri, those]): [string, Property] => {
    const longest = those.find((token) => token.startsWith('len='))
    return [iri, { kind: those.includes('link') ? 'link' : 'literal', ranges: starting(those, '>'), domain: starting(those, ':'), maxLength: longest === undefined ? null : Number(longest.slice(4)) }]
  }))
  const closedLists = new Map(entries(table.lists).filter(([, those]) => those.includes('closed')).map(([iri, those]) =>
    [iri, new Set(those.filter((token) => token !== 'closed').map((token) => (token.startsWith('#') ? iri + token : full(token))))]))
  const restricted = new Set(Object.values(table.restrictions).flatMap((line) => tokens(line).map((token) => full(RESTRICTION.exec(token)?.[1] ?? ''))))

  const ancestorsOf = new Map<string, ReadonlySet<string>>()
  const ancestors = (iri: string): ReadonlySet<string> => {
    const known = ancestorsOf.get(iri)
    if (known) return known
    const found = new Set([iri, ...(classes.get(iri) ?? []).flatMap((parent) => [...ancestors(parent)])])
    if (classes.has(iri)) ancestorsOf.set(iri, found)
    return found
  }

  const lines = new Map(Object.entries(table.restrictions).map(([name, line]) => [full(name), line]))
  const ownRules = (iri: string): ReadonlyMap<string, Rule> => {
    const rules = new Map<string, Rule>()
    for (const release of releases) {
      for (const [property, rule] of rulesIn(tokensOf(lines.get(iri), release))) {
        const other = rules.get(property)
        rules.set(property, other ? { ranges: [...new Set([...other.ranges, ...rule.ranges])], most: Math.max(other.most, rule.most), least: Math.min(other.least, rule.least) } : rule)
      }
    }
    return rules
  }
  const rulesByClass = new Map<string, ReadonlyMap<string, readonly Rule[]>>()
  const rulesOf = (iri: string): ReadonlyMap<string, readonly Rule[]> => {
    const known = rulesByClass.get(iri)
    if (known) return known
    const all = new Map<string, Rule[]>()
    for (const ancestor of ancestors(iri)) for (const [property, rule] of ownRules(ancestor)) all.set(property, [...(all.get(property) ?? []), rule])
    if (classes.has(iri)) rulesByClass.set(iri, all)
    return all
  }
  return { classes, properties, closedLists, restricted, ancestors, rulesOf }
}

const RESTRICTION = /^([^<>+]+)([<>+])(.+)$/

/** Rules of one class in one release, from the tokens of its restrictions. */
const rulesIn = (tokens: readonly string[]): ReadonlyMap<string, Rule> => {
  const rules = new Map<string, Rule>()
  for (const token of tokens) {
    const [, name = '', sign, value = ''] = RESTRICTION.exec(token) ?? []
    const property = full(name)
    const rule = rules.get(property) ?? { ranges: [], most: Number.POSITIVE_INFINITY, least: 0 }
    rules.set(property, sign === '>' ? { ...rule, ranges: [...rule.ranges, full(value)] } : sign === '<' ? { ...rule, most: Math.min(rule.most, Number(value)) } : { ...rule, least: Math.max(rule.least, Number(value)) })
  }
  return rules
}
