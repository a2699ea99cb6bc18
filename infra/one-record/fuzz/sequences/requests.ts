import { API, XSD } from '../../namespaces.ts'
import type { RequestType, Status } from '../../requests/states.ts'
import { applied } from './changes.ts'
import { decision, endGrant, grantsFor, granted, holdersOnly, latest, may, refusal, type AgentName, type KnownGrant, type KnownObject, type KnownRequest, type Model } from './model.ts'
import { mustBe, mustEqual, objectAt, requestAt, spoiled, statusNow, type Reply, type Session } from './session.ts'
import type { StepOf } from './steps.ts'

const context = { '@context': { api: API, xsd: XSD } }
const iri = (id: string) => ({ '@id': id })

export const decide = (session: Session, { who, lie, request: number, to }: StepOf<'decide'>): Promise<void> =>
  move(session, { who, lie, number, to, method: 'PATCH', query: `?status=${to}` })

export const revoke = (session: Session, { who, lie, request: number }: StepOf<'revoke'>): Promise<void> =>
  move(session, { who, lie, number, to: 'REQUEST_REVOKED', method: 'DELETE', query: '' })

type Move = Pick<StepOf<'decide'>, 'who' | 'lie' | 'to'> & { readonly number: number; readonly method: string; readonly query: string }

const move = async (session: Session, { who, lie, number, to, method, query }: Move): Promise<void> => {
  const { model } = session
  const request = requestAt(session, number)
  if (!request || isAmbiguous(model, request)) return
  const isNew = request.status !== to
  const outcome = (at: number): number => (isNew && to === 'REQUEST_ACCEPTED' && decision(model, request, who, to) === 204 && !canBeCarriedOut(model, request, at) ? 422 : decision(model, request, who, to))
  const reply = await session.ask({ who, lie, method, path: request.iri + query })
  mustBe(reply, outcome)
  if (reply.status === 422 && reply.location !== null) request.status = 'REQUEST_FAILED'
  if (reply.status !== 204 || !isNew) return
  await carryOut(session, request, to, reply)
}

/** What a decision does beyond itself. */
const carryOut = async (session: Session, request: KnownRequest, to: Status, { from }: Pick<Reply, 'from'>): Promise<void> => {
  const { model } = session
  request.status = to
  if (to === 'REQUEST_ACCEPTED' && request.type === 'ChangeRequest') await applied(session, request)
  if (to === 'REQUEST_ACCEPTED' && request.type === 'AccessDelegationRequest') model.grants.push(...grantsOf(model, request, from))
  if (to === 'REQUEST_REVOKED') {
    for (const grant of model.grants) if (grant.request === request) endGrant(model, grant)
    request.status = 'REQUEST_REVOKED'
  }
}

const isFor = ({ by, wanted }: KnownRequest): boolean => by !== 'holder' && wanted !== null && wanted.to !== by

const canBeCarriedOut = (model: Model, request: KnownRequest, at: number): boolean => {
  const { type, by, object, wanted } = request
  if (type !== 'AccessDelegationRequest' || !wanted) return true
  return !object.isErased && (!isFor(request) || wanted.permissions.every((permission) => may(model, by, permission, object, at)))
}

/** On which of several grants a delegation would rest is not told from outside: those are left alone. */
const isAmbiguous = (model: Model, request: KnownRequest): boolean =>
  isFor(request) && (request.wanted?.permissions ?? []).some((permission) => grantsFor(model, request.by, permission, request.object, Date.now()).length > 1)

/** What an accepted delegation gives: for others as parts of what its requestor has. */
const grantsOf = (model: Model, request: KnownRequest, at: number): readonly KnownGrant[] => {
  const { wanted, object, by } = request
  if (!wanted) return []
  const one = { to: wanted.to, object, request, url: null, isEnded: false }
  if (!isFor(request)) return [{ ...one, permissions: wanted.permissions, expiresAt: Number.POSITIVE_INFINITY, rests: null }]
  const parents = new Set(wanted.permissions.flatMap((permission) => grantsFor(model, by, permission, object, at).slice(0, 1)))
  return [...parents].map((rests) => ({ ...one, rests, expiresAt: rests.expiresAt, permissions: wanted.permissions.filter((permission) => rests.permissions.includes(permission)) }))
}

/** A request was made: it has the status that follows from who asked. */
const note = async (session: Session, made: { readonly iri: string; readonly type: RequestType; readonly by: AgentName; readonly object: KnownObject; readonly wanted?: KnownRequest['wanted']; readonly from: number }): Promise<void> => {
  const { from, wanted = null, ...rest } = made
  const request: KnownRequest = { ...rest, wanted, mark: null, status: 'REQUEST_PENDING' }
  session.model.requests.push(request)
  if (made.by === 'holder') await carryOut(session, request, granted(made.type), { from })
  mustEqual(`the status of ${request.iri}`, await statusNow(session, request.iri), request.status)
}

export const verify = async (session: Session, { who, lie, spoil, object: number, revision }: StepOf<'verify'>): Promise<void> => {
  const object = objectAt(session, number)
  if (!object) return
  const wanted = latest(object) + (revision === 'to come' ? 1 : 0)
  const { body, headers, refused } = spoiled({
    ...context, '@type': 'api:Verification', 'api:hasLogisticsObject': iri(object.iri), 'api:hasRevision': { '@type': 'xsd:positiveInteger', '@value': String(wanted) },
    'api:hasError': [{ '@type': 'api:Error', 'api:hasTitle': 'no weight', 'api:hasErrorDetail': { '@type': 'api:ErrorDetail', 'api:hasCode': '1' } }],
  }, spoil)
  const reply = await session.ask({ who, lie, method: 'POST', path: object.iri, body, headers })
  mustBe(reply, (at) => refusal(session.model, who, 'GET_LOGISTICS_OBJECT', object, at) ?? refused ?? (revision === 'to come' ? 422 : 201))
  if (reply.status === 201) await note(session, { iri: reply.location ?? '', type: 'VerificationRequest', by: who as AgentName, object, from: reply.from })
}

export const subscribe = async (session: Session, { who, lie, spoil, object: number }: StepOf<'subscribe'>): Promise<void> => {
  const object = objectAt(session, number)
  if (!object) return
  const { model } = session
  const isAgent = who !== 'nobody' && who !== 'liar'
  const { body, headers, refused } = spoiled({
    ...context, '@type': 'api:Subscription', 'api:hasSubscriber': iri(session.agents.iri[isAgent ? who : 'holder']), 'api:hasTopicType': iri('api:LOGISTICS_OBJECT_IDENTIFIER'),
    'api:hasTopic': { '@type': 'xsd:anyURI', '@value': object.iri }, 'api:includeSubscriptionEventType': [iri('api:LOGISTICS_OBJECT_UPDATED')],
  }, spoil)
  const isSame = model.requests.some((request) => request.type === 'SubscriptionRequest' && request.by === who && request.object === object && ['REQUEST_PENDING', 'REQUEST_ACCEPTED'].includes(request.status))
  const reply = await session.ask({ who, lie, method: 'POST', path: '/subscriptions', body, headers })
  mustBe(reply, (at) => (!isAgent ? 401 : refused ?? (object.isErased || !may(model, who, 'GET_LOGISTICS_OBJECT', object, at) || isSame ? 422 : 201)))
  if (reply.status === 201) await note(session, { iri: reply.location ?? '', type: 'SubscriptionRequest', by: who as AgentName, object, from: reply.from })
}

export const delegate = async (session: Session, { who, lie, spoil, object: number, to, permissions }: StepOf<'delegate'>): Promise<void> => {
  const object = objectAt(session, number)
  if (!object) return
  const { model } = session
  const { body, headers, refused } = spoiled({
    ...context, '@type': 'api:AccessDelegation', 'api:hasPermission': permissions.map((permission) => iri(`api:${permission}`)), 'api:isRequestedFor': iri(session.agents.iri[to]), 'api:hasLogisticsObject': iri(object.iri),
  }, spoil)
  const reply = await session.ask({ who, lie, method: 'POST', path: '/access-delegations', body, headers })
  mustBe(reply, (at) => {
    if (who === 'nobody' || who === 'liar') return 401
    if (refused !== null) return refused
    if (who === 'holder') return object.isErased ? 422 : 201
    return to === who || permissions.every((permission) => may(model, who, permission, object, at)) ? 201 : 403
  })
  const made = { iri: reply.location ?? '', type: 'AccessDelegationRequest' as const, by: who as AgentName, object, wanted: { to, permissions } }
  if (reply.status === 201) await note(session, { ...made, from: reply.from })
  else if (reply.location !== null) model.requests.push({ ...made, mark: null, status: 'REQUEST_FAILED' })
}

export const grant = async (session: Session, { who, lie, spoil, object: number, to, permissions, isBrief }: StepOf<'grant'>): Promise<void> => {
  const object = objectAt(session, number)
  const { model } = session
  // the same again is the same grant
  if (!object || model.grants.some((other) => other.url !== null && !other.isEnded && other.object === object && other.to === to)) return
  const expiresAt = isBrief ? Date.now() + BRIEF_MS : Number.POSITIVE_INFINITY
  const { body, headers, refused } = spoiled({ objects: [object.iri], permissions, agent: session.agents.iri[to], ...(isBrief ? { expiresAt: new Date(expiresAt).toISOString() } : {}) }, spoil === 'a context elsewhere' ? 'no type' : spoil)
  const reply = await session.ask({ who, lie, method: 'POST', path: '/holder/grants', body, headers: { 'content-type': 'application/json', ...headers } })
  mustBe(reply, (at) => holdersOnly(who) ?? refused ?? (object.isErased || at >= expiresAt ? 422 : 201))
  if (reply.status !== 201) return
  const { items: [made] } = JSON.parse(reply.body) as { readonly items: readonly { readonly url: string }[] }
  model.grants.push({ url: made?.url ?? '', to, permissions, object, expiresAt, request: null, rests: null, isEnded: false })
}
/** How long a brief grant holds. */
const BRIEF_MS = 700

export const end = async (session: Session, { who, lie, grant: number }: StepOf<'end a grant'>): Promise<void> => {
  const given = session.model.grants.filter(({ url }) => url !== null)
  const one = given[number % Math.max(1, given.length)]
  if (!one) return
  const reply = await session.ask({ who, lie, method: 'DELETE', path: one.url ?? '' })
  mustBe(reply, holdersOnly(who) ?? (one.isEnded ? 404 : 204))
  if (reply.status === 204) endGrant(session.model, one)
}
