/** Lines that say the same which are written within a window; the rest is counted, and told by the first line after it. */
const MOST = 20
const WINDOW_MS = 10_000
/** Texts remembered at the same time; more are written as they come. */
const TEXTS = 1_000

type Spell = { readonly since: number; written: number; left: number }

/**
 * Whether a warning may be written: of a storm of the same, its beginning. null: not; a number: yes, and so many like it were left out
 * since the last. `now` in milliseconds, monotonic.
 */
export const stormBreak = (now: () => number = () => performance.now()): ((text: string) => number | null) => {
  const spells = new Map<string, Spell>()
  const forget = (time: number) => {
    for (const [text, { since, left }] of spells) if (left === 0 && time - since >= WINDOW_MS) spells.delete(text)
  }
  return (text) => {
    const time = now()
    const known = spells.get(text)
    if (known && time - known.since < WINDOW_MS) {
      if (known.written < MOST) known.written += 1
      else known.left += 1
      return known.left > 0 ? null : 0
    }
    if (spells.size >= TEXTS) forget(time)
    if (known || spells.size < TEXTS) spells.set(text, { since: time, written: 1, left: 0 })
    return known?.left ?? 0
  }
}
