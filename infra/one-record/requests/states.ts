import { API } from '../namespaces.ts'

/** Kinds of action requests, and the property that holds what each asks for (API 2.3.0, Action Requests). */
export const REQUEST_TYPES = {
  ChangeRequest: 'hasChange',
  SubscriptionRequest: 'hasSubscription',
  AccessDelegationRequest: 'hasAccessDelegation',
  VerificationRequest: 'hasVerification',
} as const
export type RequestType = keyof typeof REQUEST_TYPES

export const STATUSES = ['REQUEST_PENDING', 'REQUEST_ACCEPTED', 'REQUEST_ACKNOWLEDGED', 'REQUEST_REJECTED', 'REQUEST_REVOKED', 'REQUEST_FAILED'] as const
export type Status = (typeof STATUSES)[number]

/** Who moves a request: the holder decides, the requestor takes back, the server says what came of it. */
export type Role = 'holder' | 'requestor' | 'server'

/** One arrow of the standard's state diagrams. `why`: its label there. */
export type Transition = { readonly types: readonly RequestType[]; readonly from: Status; readonly to: Status; readonly by: readonly Role[]; readonly why: string }

const ALL: readonly RequestType[] = ['ChangeRequest', 'SubscriptionRequest', 'AccessDelegationRequest', 'VerificationRequest']
const ACTIONS: readonly RequestType[] = ['ChangeRequest', 'SubscriptionRequest', 'AccessDelegationRequest']
const LASTING: readonly RequestType[] = ['SubscriptionRequest', 'AccessDelegationRequest']
const VERIFICATION: readonly RequestType[] = ['VerificationRequest']

/** The state machine (API 2.3.0, Action Requests, the two state diagrams and their note). All that is not here is impossible. */
export const TRANSITIONS: readonly Transition[] = [
  { types: ACTIONS, from: 'REQUEST_PENDING', to: 'REQUEST_ACCEPTED', by: ['holder'], why: 'accepted by the holder' },
  { types: VERIFICATION, from: 'REQUEST_PENDING', to: 'REQUEST_ACKNOWLEDGED', by: ['holder'], why: 'acknowledged by the holder' },
  { types: ALL, from: 'REQUEST_PENDING', to: 'REQUEST_REJECTED', by: ['holder'], why: 'rejected by the holder' },
  { types: ALL, from: 'REQUEST_PENDING', to: 'REQUEST_REVOKED', by: ['holder', 'requestor'], why: 'revoked' },
  { types: ACTIONS, from: 'REQUEST_ACCEPTED', to: 'REQUEST_FAILED', by: ['server'], why: 'an error while it was carried out' },
  { types: LASTING, from: 'REQUEST_ACCEPTED', to: 'REQUEST_REVOKED', by: ['holder', 'requestor'], why: 'revoked' },
  { types: VERIFICATION, from: 'REQUEST_PENDING', to: 'REQUEST_FAILED', by: ['holder', 'server'], why: 'an error has occurred' },
]

/** The arrow from one status to another; undefined when there is none. */
export const transitionOf = (type: RequestType, from: Status, to: Status): Transition | undefined =>
  TRANSITIONS.find((each) => each.from === from && each.to === to && each.types.includes(type))

/** How the holder says yes to a request of this type. */
export const grantedStatus = (type: RequestType): Status => (type === 'VerificationRequest' ? 'REQUEST_ACKNOWLEDGED' : 'REQUEST_ACCEPTED')

/** The status of a query parameter: its name, its IRI, or the short name of 2.2 (`PENDING`). Null when it is none. */
export const statusOf = (text: string): Status | null => {
  const name = text.startsWith(API) ? text.slice(API.length) : text
  return STATUSES.find((status) => status === name || status === `REQUEST_${name}`) ?? null
}
