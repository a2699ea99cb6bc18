import type { SubscriptionEvent, Terms } from './events.ts'

/** A subscription as its stream tells it. */
export type Subscription = Terms & {
  readonly subscriptionId: string
  readonly owner: string
  readonly from: 'now' | 'start'
  readonly status: 'active' | 'paused' | 'deleted'
  /** Why it is paused; null when it is not. */
  readonly pauseReason: PauseReason | null
  readonly secretVersion: number
  /** When the secret's version began; the version before is good for a while longer. */
  readonly secretSince: string
  readonly createdAt: string
  readonly changedAt: string
  /** Revision of the newest event folded in; the ETag. */
  readonly revision: number
}
export type PauseReason = Extract<SubscriptionEvent, { type: 'SubscriptionPaused' }>['data']['reason']

/** Folds one event in. Total: an event that makes no sense here changes nothing but the revision. */
export const evolve = (state: Subscription | null, event: SubscriptionEvent, revision: number): Subscription | null => {
  if (event.type === 'SubscriptionCreated') {
    if (state) return { ...state, revision }
    const { at, ...data } = event.data
    return { ...data, status: 'active', pauseReason: null, secretSince: at, createdAt: at, changedAt: at, revision }
  }
  return state && { ...state, ...(state.status === 'deleted' ? {} : { ...change(state, event), changedAt: event.data.at }), revision }
}

type Later = Exclude<SubscriptionEvent, { type: 'SubscriptionCreated' }>

const change = (state: Subscription, event: Later): Partial<Subscription> => {
  switch (event.type) {
    case 'SubscriptionChanged': {
      const { url, topics, types, description, secretVersion, at } = event.data
      return { url, topics, types, description, secretVersion, secretSince: secretVersion === state.secretVersion ? state.secretSince : at }
    }
    case 'SubscriptionPaused':
      return { status: 'paused', pauseReason: event.data.reason }
    case 'SubscriptionResumed':
      return { status: 'active', pauseReason: null }
    case 'SubscriptionDeleted':
      return { status: 'deleted', pauseReason: null }
    default:
      event satisfies never
      return {}
  }
}
