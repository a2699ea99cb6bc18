import * as decide from '../../events/subscription/decide.ts'
import type { SubscriptionEvent } from '../../events/subscription/events.ts'
import { evolve, type Subscription } from '../../events/subscription/state.ts'

type Act = (subscription: Subscription, at: string, amount: number) => readonly SubscriptionEvent[]

/** What can happen to a subscription. */
export const SUBSCRIPTION: readonly Act[] = [
  (it, at, amount) => decide.change({ url: `https://example.org/${amount}`, types: ['InstancePaused'] }, at, it),
  (it, at, amount) => decide.change({ types: null, description: `${amount}`, topics: ['events.name.*', 'events.instance.*'] }, at, it),
  (it, at) => decide.rotateSecret(at, it),
  (it, at) => decide.pause('requested', at, it),
  (it, at) => decide.pause('gone', at, it),
  (it, at) => decide.resume(at, it),
  (it, at) => decide.remove(at, it),
]

/** The first event of a subscription. */
export const subscribed = (subscriptionId: string, at: string, amount: number): readonly SubscriptionEvent[] =>
  decide.create({ subscriptionId, owner: 'operator', url: 'https://example.org/', topics: ['events.>'], types: null, description: null, from: amount % 2 ? 'now' : 'start', at })

export const subscriptionAfter = (events: readonly SubscriptionEvent[]): Subscription | null =>
  events.reduce<Subscription | null>((state, event, index) => evolve(state, event, index), null)
