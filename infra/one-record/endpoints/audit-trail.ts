import type { Agent } from '../access/port.ts'
import type { Answer } from '../http/answer.ts'
import { invalidQuery, notFound } from '../http/api-error.ts'
import { checkAccept } from '../http/negotiate.ts'
import type { Call } from '../http/router.ts'
import { httpDate, readTime } from '../http/time.ts'
import { CONTEXT } from '../json-ld/writer.ts'
import { API, XSD } from '../namespaces.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { requestNode } from '../requests/document.ts'
import { listPrefix, listRequests } from '../requests/list.ts'
import { isParty, type ActionRequest } from '../requests/request.ts'
import { showRequest } from '../requests/requests.ts'
import { STATUSES, statusOf, type Status } from '../requests/states.ts'
import type { Reader } from '../store/port.ts'
import type { Server } from './server.ts'

/** One answer holds so many requests, and so much of what they ask for; `Link` with `rel="next"` leads to the others. */
const MOST_REQUESTS = 500
const MOST_BYTES = 4 * 1024 * 1024

/**
 * GET /logistics-objects/{id}/audit-trail: the object's action requests, oldest first; those whose status is since a time from
 * `updated-from` to `updated-to`. For whoever may read the object: its changes and verifications, and all of its own; for the holder
 * all; for others their own, if they asked for more than access (API 2.3.0, Get Audit Trail: derived from the object; docs/decisions/0029).
 */
export const auditTrail = (server: Server) => async ({ request, id, query, agent }: Call): Promise<Answer> => {
  const { version } = checkAccept(request.headers.accept)
  const iri = objectIri(server.base, id)
  const filter = filterOf(query)
  const reader = server.record.reader()
  const sees = await visibilityOf(reader, server, id, agent)
  const object = await findObject(reader, id)
  if (!object) {
    // what others are told who ask for it
    await server.access.check(reader, agent, 'GET_LOGISTICS_OBJECT', id)
    throw notFound(iri)
  }

  let bytes = 0
  const listed = { object: id, status: filter.status }
  const prefix = listPrefix(listed)
  const after = query.has('after') ? prefix + query.get('after') : null
  const { rows, next } = await listRequests(reader, listed, { limit: MOST_REQUESTS, after, oldestFirst: true }, ({ value, place }) => {
    if (!sees(value) || value.since < filter.from || value.since > filter.to) return false
    bytes += place?.[2] ?? 0
    // one that is larger than all of an answer should be comes alone
    return bytes <= MOST_BYTES || bytes === place?.[2] || 'stop'
  })
  const nodes = await Promise.all(rows.map(async ({ value, place }) => requestNode(await showRequest(reader, server, value, place), version)))
  const newest = Math.max(object.at, ...rows.map(({ value }) => value.since))
  return {
    status: 200,
    body: JSON.stringify({
      '@context': CONTEXT,
      '@id': `${iri}/audit-trail`,
      '@type': 'api:AuditTrail',
      'api:hasLatestRevision': { '@type': `${XSD}positiveInteger`, '@value': String(object.latest) },
      'api:hasActionRequest': nodes,
    }),
    headers: { type: `${API}AuditTrail`, 'last-modified': httpDate(newest), 'latest-revision': String(object.latest), ...(next === null ? {} : { link: linkTo(iri, query, next.slice(prefix.length)) }) },
  }
}

type Filter = { readonly from: number; readonly to: number; readonly status: Status | undefined }

const filterOf = (query: URLSearchParams): Filter => {
  const time = (name: string): number | null => (query.get(name) === null ? null : readTime(name, query.get(name) ?? ''))
  const text = query.get('status')
  const status = text === null ? undefined : statusOf(text)
  if (status === null) throw invalidQuery(`status must be one of ${STATUSES.join(', ')}, by name or IRI.`)
  // the end of that second: times of a query have no parts of it
  return { from: time('updated-from') ?? Number.NEGATIVE_INFINITY, to: (time('updated-to') ?? Number.POSITIVE_INFINITY) + 999, status }
}

/** Which requests of the object an agent sees. @throws ApiError 403 or 404 when it may not read the object and asked for nothing but access */
const visibilityOf = async (reader: Reader, { access }: Server, id: string, agent: Agent): Promise<(request: ActionRequest) => boolean> => {
  if (agent.isHolder) return () => true
  if (await access.may(reader, agent, 'GET_LOGISTICS_OBJECT', id)) return (request) => SHARED.includes(request.type) || isParty(request, agent)
  // anybody may ask for access to anything: that opens no trail, or it would tell what there is
  const own = await listRequests(reader, { object: id, requestedBy: agent.uri }, { limit: 1 }, ({ value }) => value.type !== 'AccessDelegationRequest')
  if (own.rows.length === 0) await access.check(reader, agent, 'GET_LOGISTICS_OBJECT', id)
  return (request) => isParty(request, agent)
}
/** What everybody sees who may read the object. Who else reads it, and who follows it, is between them and the holder. */
const SHARED: readonly ActionRequest['type'][] = ['ChangeRequest', 'VerificationRequest']

const linkTo = (iri: string, query: URLSearchParams, after: string): string => {
  const next = new URLSearchParams(query)
  next.set('after', after)
  return `<${iri}/audit-trail?${next.toString()}>; rel="next"`
}
