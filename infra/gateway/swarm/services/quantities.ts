/** Kubernetes' units, as OpenFaaS has them, and Docker's lower-case ones (`64m`), which are binary; all but `k` tell themselves apart. */
const BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1], ['b', 1], ['k', 1e3], ['K', 1e3], ['M', 1e6], ['G', 1e9], ['T', 1e12],
  ['Ki', 2 ** 10], ['Mi', 2 ** 20], ['Gi', 2 ** 30], ['Ti', 2 ** 40], ['m', 2 ** 20], ['g', 2 ** 30],
])

/** `128Mi`, `1Gi`, `64M`, `64m`, `134217728` -> bytes; undefined for what is no amount of memory. */
export const bytesOf = (text: string): number | undefined => {
  const [, digits, unit] = /^(\d{1,15}(?:\.\d{1,6})?)([A-Za-z]*)$/.exec(text.trim()) ?? []
  const factor = BYTES.get(unit ?? '?')
  return digits === undefined || factor === undefined ? undefined : Math.round(Number(digits) * factor)
}

/** `100m`, `0.5`, `2` -> billionths of a core; undefined for what is no amount of processor time. */
export const nanoCpusOf = (text: string): number | undefined => {
  const [, digits, milli] = /^(\d{1,6}(?:\.\d{1,9})?)(m?)$/.exec(text.trim()) ?? []
  return digits === undefined ? undefined : Math.round(Number(digits) * (milli === 'm' ? 1e6 : 1e9))
}

/** `30s`, `1m30s`, `500ms`, `2h`, or seconds as a plain number, -> milliseconds; undefined for what is no duration. */
export const millisecondsOf = (text: string): number | undefined => {
  const given = text.trim()
  if (/^\d{1,9}$/.test(given)) return Number(given) * 1_000
  if (!/^(\d{1,9}(\.\d{1,6})?(ms|s|m|h))+$/.test(given)) return undefined
  let sum = 0
  for (const [, amount, unit] of given.matchAll(/([\d.]+)(ms|s|m|h)/g)) sum += Number(amount) * (MILLISECONDS[unit ?? ''] ?? 0)
  return Math.round(sum)
}

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** The Engine API counts in them. */
export const nanoseconds = (milliseconds: number): number => milliseconds * 1e6
