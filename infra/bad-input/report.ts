/** Something that should not have been, and the request that brought it about. */
export type Finding = { readonly what: string; readonly request: string }

export type Report = {
  readonly seed: number
  readonly requests: number
  readonly seconds: number
  /** By operation, by status: how often. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly findings: readonly Finding[]
  /** What runs it again. */
  readonly again: string
}

/** Counts answers, and keeps of like findings only the first. */
export const tally = () => {
  const counts: Record<string, Record<string, number>> = {}
  const findings = new Map<string, Finding>()
  let total = 0
  return {
    count: (operation: string, status: string): void => {
      total += 1
      const of = (counts[operation] ??= {})
      of[status] = (of[status] ?? 0) + 1
    },
    found: (what: string, operation: string, request: string): void => {
      const like = `${operation} ${/"code":"\w+"/.exec(what)?.[0] ?? what.slice(0, 40)}`
      if (!findings.has(like)) findings.set(like, { what, request })
    },
    total: () => total,
    counts,
    findings: () => [...findings.values()],
  }
}
export type Tally = ReturnType<typeof tally>

export const textOfReport = ({ requests, seconds, counts, findings, again }: Report): string => [
  '', ...Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([operation, of]) => `  ${operation.padEnd(46)} ${Object.entries(of).map(([status, count]) => `${status}: ${count}`).join('  ')}`),
  '', `${requests} requests in ${seconds.toFixed(0)} s, ${findings.length} findings`, ...findings.flatMap(({ what, request }) => [`  FOUND  ${what}`, `         ${request}`]), `again: ${again}`, '',
].join('\n')
