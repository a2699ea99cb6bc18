import { z } from 'zod'

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

/** Deliveries as people ask about them. */
export type Deliveries = {
  /** @throws STORE_UNAVAILABLE */
  of(subscriptionId: string): Promise<DeliveryState>
}

/** Name of a subscription's consumer group. */
export const groupOf = (subscriptionId: string): string => `sub-${subscriptionId}`

/** The inverse of `groupOf`; null for a group that is none. */
export const subscriptionIn = (group: string): string | null => /^sub-(.+)$/.exec(group)?.[1] ?? null
