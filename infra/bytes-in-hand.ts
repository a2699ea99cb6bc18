/** Bytes that a process holds for many at the same time, up to a limit. */
export type BytesInHand = {
  /** Adds to what is held for `one`; false when that would be too much for all together. Whoever is alone may always. */
  take(one: object, bytes: number): boolean
  /** Everything that is held for it. */
  letGo(one: object): void
}

export const bytesInHand = (limit: number): BytesInHand => {
  const held = new Map<object, number>()
  let all = 0
  return {
    take: (one, bytes) => {
      const before = held.get(one) ?? 0
      if (all > before && all + bytes > limit) return false
      held.set(one, before + bytes)
      all += bytes
      return true
    },
    letGo: (one) => {
      all -= held.get(one) ?? 0
      held.delete(one)
    },
  }
}
