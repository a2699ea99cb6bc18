import { z } from 'zod'
import type { Subscription } from '../../events/subscription/state.ts'
import type { DeliveryHead } from '../delivery/cloud-event.ts'
import { OLD_SECRET_MS } from '../delivery/webhook.ts'
import { parseTopics } from '../dispatcher/topics.ts'
import type { Outcome } from '../outbound/port.ts'

/** What the dispatcher notes of an endpoint; times RFC 3339. */
export const noteSchema = z.object({
  lastSuccessAt: z.iso.datetime().nullable(),
  lastFailure: z.object({ at: z.iso.datetime(), reason: z.string() }).nullable(),
  /** Since when nothing has gone well; null while it goes well. */
  failingSince: z.iso.datetime().nullable(),
})
export type Note = Readonly<z.infer<typeof noteSchema>>
export const NOTHING_NOTED: Note = { lastSuccessAt: null, lastFailure: null, failingSince: null }

/** How the deliveries of a subscription go. */
export type DeliveryState = Note & {
  /** Events it has yet to get, those of other types among them; null before the dispatcher has begun with it. */
  readonly lag: number | null
  /** Events that were parked for it and not yet dealt with. */
  readonly parked: number
}

/** The endpoints of other services, as the function that registers them needs them. */
export type Subscribers = {
  /** Why the address may not be called, null when it may. Resolves its name. */
  refusal(url: string): Promise<string | null>
  /** The signing secret of now: told where it is made, and nowhere else. */
  secret(subscription: Subscription): string
  /** Posts one signed CloudEvent. Never throws. */
  send(subscription: Subscription, head: DeliveryHead, body: Uint8Array): Promise<Outcome>
  /** @throws STORE_UNAVAILABLE */
  deliveries(subscriptionId: string): Promise<DeliveryState>
}

/** Until when deliveries are signed with the secret before as well, RFC 3339; null when there was none. */
export const previousSecretUntil = ({ secretVersion, secretSince }: Subscription): string | null =>
  secretVersion > 1 ? new Date(Date.parse(secretSince) + OLD_SECRET_MS).toISOString() : null

/** What is wrong with a topic, null when nothing is. Only events: hits and timers are hints among our own parts, without a history to catch up on. */
export const topicProblem = (topic: string): string | null => {
  if (topic.includes(',') || topic.trim() !== topic) return 'each topic is an entry of its own, without blanks or commas'
  const problem = parseTopics(topic).problems[0]
  if (problem !== undefined) return problem
  return topic.startsWith('events.') ? null : `topic "${topic}" is not one of events; only those can be subscribed to`
}

/** Name of a subscription's consumer group. */
export const groupOf = (subscriptionId: string): string => `sub-${subscriptionId}`

/** The inverse of `groupOf`; null for a group that is none. */
export const subscriptionIn = (group: string): string | null => /^sub-(.+)$/.exec(group)?.[1] ?? null
