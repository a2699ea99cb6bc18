import { delegationEffect } from '../access/delegations/effect.ts'
import { changeEffect } from '../change/effect.ts'
import { subscriptionEffect } from '../subscriptions/effects.ts'
import type { Effects } from './port.ts'

/** What follows from a decision, by type of request; each lives with what it is about. */
export const EFFECTS: Effects = {
  ChangeRequest: changeEffect,
  SubscriptionRequest: subscriptionEffect,
  AccessDelegationRequest: delegationEffect,
  // the holder knows of the issue; what to do about it is the holder's
  VerificationRequest: {},
}
