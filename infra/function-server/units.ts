const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** A duration as Go and OpenFaaS write it, in milliseconds: `10s`, `1m30s`, `250ms`; a bare number is seconds. null for anything else. */
export const durationMs = (text: string): number | null => {
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return null
  return [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (UNIT_MS[unit] ?? 0), 0)
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1, k: 1e3, m: 1e6, g: 1e9, kb: 1e3, mb: 1e6, gb: 1e9, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30,
}

/** A size in bytes: `1048576`, `100kb`, `16Mi`, `1GiB`. null for anything else. */
export const sizeBytes = (text: string): number | null => {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? []
  const factor = UNIT_BYTES[unit.toLowerCase()]
  return amount === '' || factor === undefined ? null : Math.floor(Number(amount) * factor)
}
