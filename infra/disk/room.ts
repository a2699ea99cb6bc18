import { statfsSync } from 'node:fs'

/**
 * What there is room for. `ample`: for all. `scarce`: what people ask for anew is refused, so that the reserve carries what exists:
 * it sleeps, wakes, heals and is deleted. `none`: nothing is stored. A broker that meets the end of its disk in a write takes no
 * more until it is started again (nats-server 2.15, docs/decisions/0023), so that no write of ours gets there.
 */
export type Room = 'ample' | 'scarce' | 'none'
export type AskRoom = () => Room

/** The reserve is never more than this part of the file system: a small one would have no room else. */
const MOST_OF_ALL = 0.05
/** Of the reserve, what is left for the servers themselves. */
const LAST = 0.25
/** An answer is as old as this at most, milliseconds. */
export const FRESH_MS = 100

/** What room there is by the bytes that are free, of all there are. */
export const roomOf = (free: number, total: number, reserveBytes: number): Room => {
  const reserve = Math.min(reserveBytes, total * MOST_OF_ALL)
  if (free >= reserve) return 'ample'
  return free >= reserve * LAST ? 'scarce' : 'none'
}

/** Asks for the room on the file system of a folder; a look takes microseconds. While it cannot be looked at, there is room. */
export const roomOn = (folder: string, reserveMb: number): AskRoom => {
  let known: Room = 'ample'
  let lookedAt = -Infinity
  return () => {
    if (performance.now() - lookedAt < FRESH_MS) return known
    lookedAt = performance.now()
    known = look(folder, reserveMb * 1024 * 1024)
    return known
  }
}

const look = (folder: string, reserveBytes: number): Room => {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder)
    return roomOf(bavail * bsize, blocks * bsize, reserveBytes)
  } catch {
    return 'ample' // not there, or not ours to see: the servers say themselves when they are full
  }
}
