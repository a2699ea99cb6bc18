import type { Metadata, NewEvent, RecordedEvent, StreamName } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'
import type { SubscriptionEvent } from '../../events/subscription/events.ts'
import { evolve, type Subscription } from '../../events/subscription/state.ts'
import type { EventStore } from '../event-store/port.ts'
import { caused, untilNoConflict } from './append.ts'

export const subscriptionStream = (subscriptionId: string): StreamName => `subscription.${subscriptionId}`

/** A subscription folded from its stream, with its events, oldest first: few for ever. */
export type LoadedSubscription = { readonly subscription: Subscription; readonly events: readonly RecordedEvent<SubscriptionEvent>[] }

export type Subscriptions = {
  /** null when there is none. @throws STORE_UNAVAILABLE */
  find(subscriptionId: string): Promise<LoadedSubscription | null>
  /** @throws SUBSCRIPTION_NOT_FOUND, STORE_UNAVAILABLE */
  load(subscriptionId: string): Promise<LoadedSubscription>
  /** The first events. @throws WRONG_EXPECTED_REVISION when there are some already */
  begin(subscriptionId: string, events: readonly SubscriptionEvent[], cause: string, metadata: Metadata): Promise<void>
  /** Loads, decides, appends; decides anew when somebody was first. @throws SUBSCRIPTION_NOT_FOUND and whatever `decide` throws */
  change(subscriptionId: string, decide: (loaded: LoadedSubscription) => readonly SubscriptionEvent[], cause: string, metadata: Metadata): Promise<void>
}

export const subscriptionsOf = (store: EventStore): Subscriptions => {
  const find: Subscriptions['find'] = async (subscriptionId) => {
    const events = await store.read<SubscriptionEvent>(subscriptionStream(subscriptionId))
    const subscription = events.reduce<Subscription | null>((state, event) => evolve(state, event, event.revision), null)
    return subscription && { subscription, events }
  }
  const load: Subscriptions['load'] = async (subscriptionId) => {
    const loaded = await find(subscriptionId)
    if (!loaded) throw failure('SUBSCRIPTION_NOT_FOUND', { id: subscriptionId })
    return loaded
  }
  return {
    find,
    load,
    begin: async (subscriptionId, events, cause, metadata) => void (await store.append(subscriptionStream(subscriptionId), caused(events, cause, metadata), 'none')),
    change: (subscriptionId, decide, cause, metadata) =>
      untilNoConflict(async () => {
        const loaded = await load(subscriptionId)
        const events: NewEvent[] = caused(decide(loaded), cause, metadata)
        if (events.length > 0) await store.append(subscriptionStream(subscriptionId), events, loaded.subscription.revision)
      }),
  }
}
