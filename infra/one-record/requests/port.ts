import type { Agent } from '../access/port.ts'
import type { Server } from '../endpoints/server.ts'
import type { ApiError } from '../http/api-error.ts'
import type { Transaction } from '../store/port.ts'
import type { Node } from './document.ts'
import type { ActionRequest } from './request.ts'
import type { RequestType, Status } from './states.ts'

/** Who asks for what. */
export type NewRequest = {
  readonly type: RequestType
  /** What is asked for (api:Change, api:Subscription, api:AccessDelegation, api:Verification), nested and compacted, its own context left out. */
  readonly content: Node
  /** Local ids of the logistics objects of this server that it is about; their audit trails will have it. */
  readonly objects: readonly string[]
  /** `notifyRequestStatusChange`; missing is false. */
  readonly notify: boolean
  /** Of a change: the revision it was made for. */
  readonly revision?: number
}

/** A request after something was done with it. `error`: why it failed just now. */
export type Outcome = { readonly request: ActionRequest; readonly iri: string; readonly error: ApiError | null }

/** What an effect is given: the request in its new state, and the transaction of that change. */
export type EffectContext = {
  readonly tx: Transaction
  readonly server: Server
  readonly request: ActionRequest
  readonly iri: string
  readonly content: Node
  /** Who changed its status. */
  readonly agent: Agent
  /** Changes another request in the same commit, as what follows from this one. @throws ApiError 404, 403, 422 */
  decide(id: string, to: Status, agent: Agent): Promise<Outcome>
}

/**
 * What a change of status does beyond itself. An effect judges first and writes afterwards: an ApiError 4xx of `accepted` makes the
 * request REQUEST_FAILED with that error; one that comes after something was written ends the whole transaction. An effect's file
 * takes nothing from requests/requests.ts, which reads it.
 */
export type Effect = {
  /** The request is REQUEST_ACCEPTED (of a verification: REQUEST_ACKNOWLEDGED). @throws ApiError when it cannot be carried out */
  accepted?(context: EffectContext): Promise<void>
  /** The request is REQUEST_REVOKED. `was`: its status until now, accepted or still pending. */
  revoked?(context: EffectContext & { readonly was: Status }): Promise<void>
}
export type Effects = Readonly<Record<RequestType, Effect>>
