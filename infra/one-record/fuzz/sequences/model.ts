import type { Permission } from '../../access/port.ts'
import type { RequestType, Status } from '../../requests/states.ts'

/**
 * What a ONE Record server has to remember, told again without any of its code: a list for each thing, looked through whole. Times
 * in milliseconds.
 */
export const AGENTS = ['holder', 'partner', 'reader', 'stranger'] as const
export type AgentName = (typeof AGENTS)[number]
/** `nobody` comes without a token, `liar` with one that is no good. */
export type Who = AgentName | 'nobody' | 'liar'

/** `text`: the document of this revision as it was first read, in its stored form; `second`: its Last-Modified. */
export type Revision = { readonly text: string; readonly second: number }
export type KnownObject = {
  readonly id: string
  readonly iri: string
  readonly revisions: Revision[]
  readonly events: string[]
  /** Texts by name. */
  readonly documents: Map<string, string>
  isErased: boolean
}
export type KnownRequest = {
  readonly iri: string
  readonly type: RequestType
  readonly by: AgentName
  readonly object: KnownObject
  status: Status
  /** What a change adds. */
  readonly mark: string | null
  /** What a delegation asks for. */
  readonly wanted: Wanted | null
}
export type Wanted = { readonly to: AgentName; readonly permissions: readonly Permission[] }
export type KnownGrant = Wanted & {
  /** Of those that the holder gave: its address. */
  readonly url: string | null
  readonly object: KnownObject
  readonly expiresAt: number
  readonly request: KnownRequest | null
  /** The grant that it rests on. */
  readonly rests: KnownGrant | null
  isEnded: boolean
}
export type Model = { readonly objects: KnownObject[]; readonly requests: KnownRequest[]; readonly grants: KnownGrant[]; /** Whether what may not be seen is said not to exist. */ hides: boolean }

export const newModel = (hides: boolean): Model => ({ objects: [], requests: [], grants: [], hides })

export const latest = ({ revisions }: KnownObject): number => revisions.length

/** Grants that give an agent a permission at a time: what the holder gave first, then what holds longest. */
export const grantsFor = ({ grants }: Model, to: AgentName, permission: Permission, object: KnownObject, at: number): readonly KnownGrant[] =>
  grants.filter((grant) => grant.object === object && grant.to === to && grant.permissions.includes(permission) && holds(grant, at))
    .toSorted((a, b) => Number(a.rests !== null) - Number(b.rests !== null) || b.expiresAt - a.expiresAt)

const holds = (grant: KnownGrant, at: number): boolean => !grant.isEnded && at < grant.expiresAt && (grant.rests === null || holds(grant.rests, at))

export const may = (model: Model, who: AgentName, permission: Permission, object: KnownObject, at: number): boolean =>
  who === 'holder' || grantsFor(model, who, permission, object, at).length > 0

/** Status of a refusal for whoever may not do this with an object; null for who may. What is erased is not there, for those who may. */
export const refusal = (model: Model, who: Who, permission: Permission, object: KnownObject, at: number): number | null => {
  if (who === 'nobody' || who === 'liar') return 401
  if (may(model, who, permission, object, at)) return object.isErased ? 404 : null
  return may(model, who, 'GET_LOGISTICS_OBJECT', object, at) ? 403 : hidden(model)
}

/** Status for what an agent may not know of. */
export const hidden = ({ hides }: Model): number => (hides ? 404 : 403)

/** Of what is the holder's alone. */
export const holdersOnly = (who: Who): number | null => (who === 'holder' ? null : who === 'nobody' || who === 'liar' ? 401 : 403)

export const isParty = ({ by }: KnownRequest, who: Who): boolean => who === 'holder' || who === by

const LASTING: readonly RequestType[] = ['SubscriptionRequest', 'AccessDelegationRequest']
export const granted = (type: RequestType): Status => (type === 'VerificationRequest' ? 'REQUEST_ACKNOWLEDGED' : 'REQUEST_ACCEPTED')

/** Status of the answer to who sets a request's status (API 2.3.0, Action Requests, the state diagrams and their note). */
export const decision = (model: Model, request: KnownRequest, who: Who, to: Status): number => {
  if (who === 'nobody' || who === 'liar') return 401
  if (isGone(request)) return who === 'holder' ? 404 : hidden(model)
  if (!isParty(request, who)) return hidden(model)
  const { status, type } = request
  const isPossible = to === 'REQUEST_REVOKED' ? status === 'REQUEST_PENDING' || (status === 'REQUEST_ACCEPTED' && LASTING.includes(type))
    : status === 'REQUEST_PENDING' ? [granted(type), 'REQUEST_REJECTED', ...(type === 'VerificationRequest' ? ['REQUEST_FAILED'] : [])].includes(to)
      // an error while it was carried out: the server's to say
      : status === 'REQUEST_ACCEPTED' && to === 'REQUEST_FAILED' && type !== 'VerificationRequest'
  if (isPossible && to === 'REQUEST_FAILED' && status === 'REQUEST_ACCEPTED') return 403
  if (isPossible) return who === 'holder' || to === 'REQUEST_REVOKED' ? 204 : 403
  return who === 'holder' && status === to && to === granted(type) ? 204 : 422
}

/** Changes and verifications go with their object; who asked for access or follows it keeps the request. */
export const isGone = ({ type, object }: KnownRequest): boolean => object.isErased && !LASTING.includes(type)

/** Ends a grant and what rests on it; delegations that have none left are revoked. */
export const endGrant = (model: Model, grant: KnownGrant): void => {
  if (grant.isEnded) return
  grant.isEnded = true
  for (const other of model.grants) if (other.rests === grant) endGrant(model, other)
  const { request } = grant
  if (request && model.grants.every((other) => other.request !== request || other.isEnded)) request.status = 'REQUEST_REVOKED'
}
