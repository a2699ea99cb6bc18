/** How often deployments of one owner may be woken through this edge. */
export type WakeQuota = {
  readonly perMinute: number
  /** Takes one wake of the owner's; what is given back are the seconds to wait for the next when there is none left, else 0. */
  take(owner: string): number
}

/** Wakes left of an owner, as of a time. */
type Left = { readonly wakes: number; readonly at: number }

/** Owners remembered; of those over it whoever has all wakes left anyway is forgotten. */
const REMEMBERED = 10_000

/** A token bucket for each owner: so many at once, and as many a minute. `now` in milliseconds, monotonic. */
export const wakeQuota = (perMinute: number, now: () => number = () => performance.now()): WakeQuota => {
  const owners = new Map<string, Left>()
  const perMs = perMinute / 60_000
  const leftOf = ({ wakes, at }: Left, time: number): number => Math.min(perMinute, wakes + (time - at) * perMs)

  return {
    perMinute,
    take: (owner) => {
      const time = now()
      const left = leftOf(owners.get(owner) ?? { wakes: perMinute, at: time }, time)
      if (left < 1) return Math.ceil((1 - left) / perMs / 1000)
      owners.set(owner, { wakes: left - 1, at: time })
      if (owners.size > REMEMBERED) for (const [one, has] of owners) if (leftOf(has, time) === perMinute) owners.delete(one)
      return 0
    },
  }
}
