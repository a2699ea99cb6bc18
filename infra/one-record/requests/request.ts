import type { Agent } from '../access/port.ts'
import { ApiError, TITLES, unprocessable } from '../http/api-error.ts'
import type { Place } from '../store/port.ts'
import { grantedStatus, transitionOf, type RequestType, type Role, type Status } from './states.ts'

/** One action request as it stands; what it asks for is a body of its own. Times in milliseconds, agents by IRI. */
export type ActionRequest = {
  readonly id: string
  readonly type: RequestType
  /** Local id of the logistics object that it is about, the first of several; null when it is about none. */
  readonly object: string | null
  readonly requestedBy: string
  readonly requestedAt: number
  /** Whether its requestor asked to be told of each status (`notifyRequestStatusChange`). */
  readonly notify: boolean
  /** Revision that a change was made for. */
  readonly revision: number | null
  readonly status: Status
  readonly since: number
  /** Statuses it had before, oldest first, never the present one. `changedBy`: who ended that status. */
  readonly history: readonly { readonly status: Status; readonly since: number; readonly changedBy: string }[]
  /** Where its errors (`hasError`, an array of api:Error) lie. */
  readonly errors: Place | null
  /** The holder did not know its requestor when it was made (access/known.ts). */
  readonly isStrangers?: true
}

export type StatusChanged = { readonly type: 'StatusChanged'; readonly status: Status; readonly at: number; readonly by: string; readonly errors: Place | null }

/** What is asked of a request. `roles` come on top of those that the agent has by what it is (`server`). */
export type ChangeStatus = { readonly to: Status; readonly at: number; readonly agent: Agent; readonly roles?: readonly Role[]; readonly errors?: Place | null }

/**
 * What happens to a request; null: nothing, it is granted already and the holder says so again, since its own requests are before
 * anybody can accept them. @throws ApiError 422 when its state forbids it, 403 when it is not for this agent to do
 */
export const decide = (request: ActionRequest, { to, at, agent, roles = [], errors = null }: ChangeStatus): StatusChanged | null => {
  const transition = transitionOf(request.type, request.status, to)
  const has = [...rolesOf(request, agent), ...roles]
  // who has nothing to do with it learns nothing of its state
  if (has.length === 0 || (transition && !transition.by.some((role) => has.includes(role)))) {
    throw new ApiError(403, TITLES.authorization, `${to} is not for this agent to set.`)
  }
  if (!transition && request.status === to && to === grantedStatus(request.type) && has.includes('holder')) return null
  if (!transition) throw unprocessable(`An api:${request.type} that is ${request.status} cannot become ${to}.`)
  return { type: 'StatusChanged', status: to, at, by: agent.uri, errors }
}

const rolesOf = (request: ActionRequest, agent: Agent): readonly Role[] => [
  ...(agent.isHolder ? ['holder' as const] : []), ...(agent.uri === request.requestedBy ? ['requestor' as const] : []),
]

/** True for those who may see a request and take it back: its requestor and the holder. */
export const isParty = (request: ActionRequest, agent: Agent): boolean => rolesOf(request, agent).length > 0

export const evolve = (request: ActionRequest, { status, at, by, errors }: StatusChanged): ActionRequest => ({
  ...request,
  status,
  since: at,
  history: [...request.history, { status: request.status, since: request.since, changedBy: by }],
  errors: errors ?? request.errors,
})
