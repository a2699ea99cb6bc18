/**
 * What compile.ts makes of the ontologies of all releases served. Names are short (terms.ts): `c:Piece`, `a:Change`,
 * `l:StatusCode`, `x:double`. A value is a list of tokens with blanks between; a token that only some releases have ends in
 * `@<release>` (`@2025-07,2026-07`).
 */
export type Table = {
  /** By release, the oldest first: versions of its ontologies and the SHA-256 of each file that it was made of. */
  readonly releases: Readonly<Record<string, { readonly versions: readonly string[]; readonly sources: Readonly<Record<string, string>> }>>
  /** Class -> `*`, and its direct superclasses. */
  readonly classes: Readonly<Record<string, string>>
  /** Property -> `link` or `literal`; `>c:Value` its range, `:c:Piece` a class of its domain, `len=3` its longest text, `deprecated`. */
  readonly properties: Readonly<Record<string, string>>
  /** Class -> its own restrictions: `c:coload>x:boolean` the range there, `c:coload<1` at most one, `c:eventFor+1` at least one. */
  readonly restrictions: Readonly<Record<string, string>>
  /** Code list or enumeration -> `open` or `closed`, and its codes; `#KGM` is one of the list's own namespace. */
  readonly lists: Readonly<Record<string, string>>
}

/** Tokens of one release by key, before releases are merged. */
export type Tokens = Readonly<Record<string, readonly string[]>>

/** One table of several releases' tokens; what all have in common has no mark. */
export const mergeTokens = (releases: ReadonlyMap<string, Tokens>): Readonly<Record<string, string>> => {
  const keys = new Set([...releases.values()].flatMap((tokens) => Object.keys(tokens)))
  const merged = (key: string): string => {
    const holders = new Map<string, string[]>()
    for (const [release, tokens] of releases) for (const token of tokens[key] ?? []) holders.set(token, [...(holders.get(token) ?? []), release])
    return [...holders].map(([token, those]) => (those.length === releases.size ? token : `${token}@${those.join(',')}`)).toSorted().join(' ')
  }
  return Object.fromEntries([...keys].toSorted().map((key) => [key, merged(key)]))
}

/** The tokens of `release`. */
export const tokensOf = (line: string | undefined, release: string): readonly string[] =>
  (line ?? '').split(' ').flatMap((token) => {
    const [text = '', those] = token.split('@')
    return text !== '' && (those === undefined || those.split(',').includes(release)) ? [text] : []
  })
