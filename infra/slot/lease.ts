/**
 * Until when a slot may answer. Looked at per request, never by a timer: after any gap (frozen, swapped out, suspended) the
 * clocks tell. Two of them, because the wall clock may be set back and the monotonic one stops while the machine sleeps.
 */
export type Lease = {
  /** @param until Unix milliseconds on the node's clock, which agent and slot share */
  renew(until: number): void
  valid(): boolean
}

export type Clocks = { /** Unix milliseconds. */ readonly wall: () => number; /** Milliseconds since any moment. */ readonly monotonic: () => number }

const REAL: Clocks = { wall: Date.now, monotonic: () => performance.now() }

/** A lease that has lapsed already. */
export const newLease = ({ wall, monotonic }: Clocks = REAL): Lease => {
  let wallEnd = -Infinity
  let monotonicEnd = -Infinity
  return {
    renew: (until) => {
      wallEnd = until
      monotonicEnd = monotonic() + (until - wall())
    },
    valid: () => wall() < wallEnd && monotonic() < monotonicEnd,
  }
}
