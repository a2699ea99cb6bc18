/** What exists because of this run: ids by the first part of the path they belong to, oldest first. */
export type Pool = {
  add(kind: string, id: string): void
  /** The n-th of those known, in circles; null when there is none. */
  at(kind: string, n: number): string | null
  /** The oldest of those above `most`, which are known no more as something to look after. */
  surplus(kind: string, most: number): string | null
}

/** So many of each are asked about; of what is older other requests have made enough. */
const REMEMBERED = 40

export const openPool = (): Pool => {
  const known = new Map<string, string[]>()
  const kept = new Map<string, string[]>()
  const of = (map: Map<string, string[]>, kind: string): string[] => {
    const list = map.get(kind) ?? []
    map.set(kind, list)
    return list
  }
  return {
    add: (kind, id) => {
      if (of(known, kind).includes(id)) return
      of(kept, kind).push(id)
      of(known, kind).push(id)
      if (of(known, kind).length > REMEMBERED) of(known, kind).shift()
    },
    at: (kind, n) => of(known, kind)[n % Math.max(1, of(known, kind).length)] ?? null,
    surplus: (kind, most) => (of(kept, kind).length > most ? (of(kept, kind).shift() ?? null) : null),
  }
}
