import { z } from 'zod'
import { moveReasonSchema } from './deployment/events.ts'
import type { DomainEvent } from './envelope.ts'

/**
 * Messages that functions react to and that are not history: hits (a hint that somebody waits) and timers that came due.
 * They travel as CloudEvents like events do, but live in streams of their own (HITS, TIMERS).
 */
export const messageSchemas = {
  /** Somebody waits at the waker. Subject `hits.<deploymentId>`, newest only. `since`: when the first of them came. */
  ProxyHit: z.strictObject({ deploymentId: z.string().min(1).max(64), claimId: z.string().min(1).max(100).nullable(), since: z.iso.datetime() }),
  /** Time to look whether an awake instance is idle. Subject `timers.due.idle.<claimId>`. */
  IdleCheckDue: z.strictObject({ deploymentId: z.string().min(1).max(64), claimId: z.string().min(1).max(100) }),
  /** Time to hibernate an instance that has been paused long enough. Subject `timers.due.hibernate.<claimId>`. */
  HibernateDue: z.strictObject({ deploymentId: z.string().min(1).max(64), claimId: z.string().min(1).max(100), pausedSince: z.iso.datetime() }),
  /** What a sleeping instance owes is due (a notification retry). Subject `timers.due.wake.<claimId>`. */
  WakeDue: z.strictObject({ deploymentId: z.string().min(1).max(64), claimId: z.string().min(1).max(100) }),
  /** The last credentials of a deleted deployment have lapsed: its objects can go. Subject `timers.due.purge.<deploymentId>`. */
  PurgeDue: z.strictObject({ deploymentId: z.string().min(1).max(64) }),
  /** An erasure waits for the index of the record to be written anew. Subject `timers.due.erase.<deploymentId>-<erasureId>`. */
  EraseDue: z.strictObject({ deploymentId: z.string().min(1).max(64), erasureId: z.string().min(1).max(64) }),
  /** Time to delete what nobody needs from the store of a record. Subject `timers.due.sweep.<deploymentId>`. */
  SweepDue: z.strictObject({ deploymentId: z.string().min(1).max(64) }),
  /** A claim that was asked for has not begun: to be acted on once more. Subject `timers.due.claim.<claimId>`. */
  ClaimDue: z.strictObject({ deploymentId: z.string().min(1).max(64), claimId: z.string().min(1).max(100) }),
  /** A slot that serves is to be followed by another one: a message at any time, or a timer. Subject `timers.due.move.<claimId>`. */
  MoveDue: z.strictObject({ deploymentId: z.string().min(1).max(64), claimId: z.string().min(1).max(100), reason: moveReasonSchema }),
  /** Time to take the next steps of emptying a node. Subject `timers.due.drain.<node>`. */
  DrainDue: z.strictObject({ node: z.string().min(1).max(100) }),
  /** A stop or a deletion that was asked for has not ended: to be acted on once more. Subject `timers.due.retire.<deploymentId>`. */
  RetireDue: z.strictObject({ deploymentId: z.string().min(1).max(64) }),
  /**
   * Time to compare what is wanted with what is. Subject `timers.due.heal.sweep`. `cursor`: where the sweep before stopped looking, null
   * at the beginning; `spent`: instances given up with their nodes in the minute that began then, null when there were none.
   */
  HealDue: z.strictObject({
    cursor: z.string().min(1).max(300).nullable(),
    spent: z.strictObject({ since: z.iso.datetime(), count: z.int().min(0) }).nullable(),
  }),
  /** A deployment that was lost soon after its start has waited long enough. Subject `timers.due.heal.<deploymentId>`. */
  HealDeploymentDue: z.strictObject({ deploymentId: z.string().min(1).max(64), claimId: z.string().min(1).max(100) }),
} as const

type Schemas = typeof messageSchemas
export type Message = { [T in keyof Schemas]: DomainEvent<T, z.infer<Schemas[T]>> }[keyof Schemas]
