/** What one part of a run did: cases, of them what came of how many, and the first things found, in words. */
export type Part = { readonly name: string; readonly cases: number; readonly counts: Readonly<Record<string, number>>; readonly findings: readonly string[] }

/** Findings that are told; their number is. */
const MOST_FINDINGS = 10

export const newPart = (name: string) => {
  const counts: Record<string, number> = {}
  const findings: string[] = []
  let cases = 0
  return {
    count: (outcome: string): void => {
      cases += 1
      counts[outcome] = (counts[outcome] ?? 0) + 1
    },
    find: (what: string): void => {
      counts['found'] = (counts['found'] ?? 0) + 1
      if (findings.length < MOST_FINDINGS) findings.push(what.slice(0, 2_000))
    },
    done: (): Part => ({ name, cases, counts, findings }),
  }
}

export const textOf = (parts: readonly Part[]): string =>
  parts.flatMap(({ name, cases, counts, findings }) => [
    `${name}: ${cases} cases; ${Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([outcome, times]) => `${times} ${outcome}`).join(', ')}`,
    ...findings.map((finding) => `  ${finding}`),
  ]).join('\n')
