/** What one part of a run did: cases, of them what came of how many, what else was counted, and the first things found, in words. */
export type Part = { readonly name: string; readonly cases: number; readonly counts: Readonly<Record<string, number>>; readonly findings: readonly string[] }

/** Findings that are told; their number is. */
const MOST_FINDINGS = 10

export const newPart = (name: string) => {
  const counts: Record<string, number> = {}
  const findings: string[] = []
  let cases = 0
  const note = (what: string, times = 1): void => void (counts[what] = (counts[what] ?? 0) + times)
  return {
    /** A case, and what came of it. */
    count: (outcome: string): void => {
      cases += 1
      note(outcome)
    },
    /** Something else worth a number. */
    note,
    find: (what: string): void => {
      note('found')
      if (findings.length < MOST_FINDINGS) findings.push(what.slice(0, 4_000))
    },
    cases: (): number => cases,
    isFull: (): boolean => findings.length >= MOST_FINDINGS,
    done: (): Part => ({ name, cases, counts, findings }),
  }
}

export const textOf = (parts: readonly Part[]): string =>
  parts.flatMap(({ name, cases, counts, findings }) => [
    `${name}: ${cases} cases; ${Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([outcome, times]) => `${times} ${outcome}`).join(', ')}`,
    ...findings.map((finding) => `  ${finding}`),
  ]).join('\n')
