/** Versions of the API that are served. */
export const VERSIONS = ['2.2.0', '2.3.0'] as const
export type Version = (typeof VERSIONS)[number]

export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'RECOMMENDED'

/**
 * What the standard asks, in words of ours. `section`: page and section of the normative text that asks it. It is shown by the
 * tests whose names hold `[id]`, by those named in `shown` (a part of a test's full name), or not here for a `reason`.
 */
export type Requirement = {
  readonly id: string
  readonly level: Level
  readonly section: string
  readonly asks: string
  readonly versions: readonly Version[]
  readonly shown: readonly string[]
  readonly reason: string | null
}

type More = { readonly only?: Version; readonly shown?: readonly string[]; readonly reason?: string }
type Line = readonly [number: number, level: Level, section: string, asks: string, more?: More]

/** Requirements of one page: `id` is the prefix of their ids, with three digits behind it. */
export const page = (prefix: string, name: string, lines: readonly Line[]): readonly Requirement[] =>
  lines.map(([number, level, section, asks, { only, shown = [], reason = null } = {}]) => ({
    id: `${prefix}-${String(number).padStart(3, '0')}`, level, section: `${name}: ${section}`, asks, versions: only ? [only] : VERSIONS, shown, reason,
  }))
