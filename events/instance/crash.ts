import type { InstanceEvent } from './events.ts'

/** A slot that dies within so long after it began is a crash, not bad luck. Milliseconds. */
const SOON_MS = 60_000
const LONGEST_WAIT_MS = 60_000

/** Whether a claim's newest event says that its slot crashed: it died by itself, soon after it began, and its node did not go with it. */
export const isCrash = (event: InstanceEvent): boolean => {
  if (event.type !== 'InstanceLost') return false
  const { cause, at, instance } = event.data
  return cause === 'slot' && instance.startedAt !== null && Date.parse(at) - Date.parse(instance.startedAt) < SOON_MS
}

/** How long to wait before the next claim after so many crashes in a row: the first is claimed anew at once, then 1 s, 2, 4, ... Milliseconds. */
export const waitAfter = (crashes: number): number => (crashes < 2 ? 0 : Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** (crashes - 2)))
