/**
 * What gateways share of one function that may sleep. `calledAt`: when it was last called through any of them, to a quarter of its idle
 * time, milliseconds since the epoch. `drowsy`: which gateway wants to put it to sleep, and since when; any call wakes it up again.
 */
export type Activity = { readonly calledAt: number; readonly drowsy: { readonly by: string; readonly since: number } | null }

/** A gateway that calls a function without a break says so this often in its idle time. */
const TOLD = 4
/** How long a function is drowsy: every gateway has heard of it by then, milliseconds. */
const DROWSY_MS = 3_000
/** A gateway that said so and went away with it is no gateway, milliseconds. */
const FORGOTTEN_MS = 60_000

/** Whether a call is to be told the others before it is made (`first`), meanwhile, or not at all. */
export const telling = (activity: Activity | undefined, idleMs: number, now: number): 'first' | 'meanwhile' | 'not' => {
  if (activity?.drowsy) return 'first'
  return activity === undefined || now - activity.calledAt >= idleMs / TOLD ? 'meanwhile' : 'not'
}

export const called = (activity: Activity | undefined, now: number): Activity => ({ calledAt: Math.max(now, activity?.calledAt ?? 0), drowsy: null })

/**
 * What to do about a function that is awake: `note` that it is known, make it `drowsy`, put it to `sleep`, or leave it.
 * So nobody's call is overlooked: whoever calls a drowsy function takes that back before the call is made.
 */
export const dueOf = (activity: Activity | undefined, idleMs: number, self: string, now: number): 'note' | 'drowsy' | 'sleep' | 'leave' => {
  if (activity === undefined) return 'note'
  const { calledAt, drowsy } = activity
  if (drowsy === null || (drowsy.by !== self && now - drowsy.since > FORGOTTEN_MS)) return now - calledAt >= idleMs + idleMs / TOLD ? 'drowsy' : 'leave'
  return drowsy.by === self && now - drowsy.since >= DROWSY_MS ? 'sleep' : 'leave'
}
