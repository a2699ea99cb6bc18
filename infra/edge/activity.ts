import { ACTIVITY_EXPIRE_MS, ACTIVITY_TABLE } from './haproxy-config.ts'
import type { Activity } from './port.ts'

/** Asks for one claim's line of the stick table. */
export const showActivity = (counted: string): string => `show table ${ACTIVITY_TABLE} key ${counted}`

const NONE: Activity = { inFlight: 0, idleMs: null, requests: 0 }

/**
 * Reads `0x...: key=c use=0 exp=604799000 conn_cur=0 http_req_cnt=3`. An entry's expiry is set anew when a request begins and
 * when it ends, so its age is the idle time. No entry: no request.
 * @throws Error when it is not a table at all
 */
export const parseActivity = (shown: string): Activity => {
  if (shown.trim() === '') return NONE // HAProxy 2.6 says nothing at all of a key that it has not seen
  if (!shown.includes(`# table: ${ACTIVITY_TABLE}`)) throw new Error(`HAProxy does not show its activity: ${shown.trim().slice(0, 100)}`)
  const line = shown.split('\n').find((candidate) => candidate.includes(' key=') || candidate.includes(': key='))
  if (!line) return NONE
  const field = (name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(line)?.[1] ?? 0)
  return { inFlight: field('conn_cur'), idleMs: Math.max(0, ACTIVITY_EXPIRE_MS - field('exp')), requests: field('http_req_cnt') }
}

/** Every claim of a whole table, with its idle time. */
export const parseIdleTimes = (shown: string): readonly { readonly claimId: string; readonly idleMs: number }[] =>
  [...shown.matchAll(/ key=(\S+) .*?exp=(\d+)/g)].map(([, claimId = '', left]) => ({ claimId, idleMs: Math.max(0, ACTIVITY_EXPIRE_MS - Number(left)) }))

/**
 * Of one claim at a worker and those it has replaced. Each has its own requests in flight; of the others the new one was told, so
 * the most that one counted is all but the last few of those.
 */
export const together = (ones: readonly Activity[]): Activity =>
  ones.reduce((sum, one) => ({
    inFlight: sum.inFlight + one.inFlight,
    idleMs: sum.idleMs === null || one.idleMs === null ? (sum.idleMs ?? one.idleMs) : Math.min(sum.idleMs, one.idleMs),
    requests: Math.max(sum.requests, one.requests),
  }), NONE)
