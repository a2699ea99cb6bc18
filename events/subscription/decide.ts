import { failure } from '../errors.ts'
import type { SubscriptionEvent, Terms } from './events.ts'
import type { PauseReason, Subscription } from './state.ts'

/**
 * Decisions about a subscription. Pure: time and ids come in with the command; whether the address may be called is checked by
 * who has a network. [] means there is nothing to do. All but create and remove throw SUBSCRIPTION_DELETED.
 */
export type CreateSubscription = Terms & { readonly subscriptionId: string; readonly owner: string; readonly from: 'now' | 'start'; readonly at: string }

export const create = (command: CreateSubscription): SubscriptionEvent[] => [{ type: 'SubscriptionCreated', data: { ...command, secretVersion: 1 } }]

/** What is left out stays as it is. */
export const change = (terms: Partial<Terms>, at: string, subscription: Subscription): SubscriptionEvent[] => {
  requireThere(subscription)
  const before = termsOf(subscription)
  const after = { ...before, ...terms }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [changed(subscription, after, subscription.secretVersion, at)]
}

/** A new secret; the one before stays good for a while, so that receivers can follow. */
export const rotateSecret = (at: string, subscription: Subscription): SubscriptionEvent[] => {
  requireThere(subscription)
  return [changed(subscription, termsOf(subscription), subscription.secretVersion + 1, at)]
}

/** A pause its owner asked for outlasts the platform's reasons: one that is paused is not paused anew. */
export const pause = (reason: PauseReason, at: string, subscription: Subscription): SubscriptionEvent[] => {
  requireThere(subscription)
  return subscription.status === 'paused' ? [] : [{ type: 'SubscriptionPaused', data: { ...identity(subscription), reason, at } }]
}

/** It goes on where it was: what happened meanwhile is delivered. */
export const resume = (at: string, subscription: Subscription): SubscriptionEvent[] => {
  requireThere(subscription)
  return subscription.status === 'active' ? [] : [{ type: 'SubscriptionResumed', data: { ...identity(subscription), at } }]
}

export const remove = (at: string, subscription: Subscription): SubscriptionEvent[] =>
  subscription.status === 'deleted' ? [] : [{ type: 'SubscriptionDeleted', data: { ...identity(subscription), at } }]

const changed = (subscription: Subscription, terms: Terms, secretVersion: number, at: string): SubscriptionEvent =>
  ({ type: 'SubscriptionChanged', data: { ...identity(subscription), ...terms, secretVersion, at } })

const identity = ({ subscriptionId }: Subscription) => ({ subscriptionId })
const termsOf = ({ url, topics, types, description }: Subscription): Terms => ({ url, topics, types, description })

const requireThere = ({ status, subscriptionId }: Subscription): void => {
  if (status === 'deleted') throw failure('SUBSCRIPTION_DELETED', { id: subscriptionId })
}
