import type { Answer } from '../http/answer.ts'
import { invalidQuery, notFound } from '../http/api-error.ts'
import { checkAccept } from '../http/negotiate.ts'
import type { Call } from '../http/router.ts'
import { httpDate, readTime } from '../http/time.ts'
import { CONTEXT } from '../json-ld/writer.ts'
import { API, XSD } from '../namespaces.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { below, key, partsOf } from '../store/key.ts'
import type { Server } from './server.ts'

type RequestBody = Readonly<Record<string, unknown>> & { readonly 'api:hasRequestStatus': { readonly '@id': string } }

const STATUSES = ['PENDING', 'ACCEPTED', 'ACKNOWLEDGED', 'REJECTED', 'REVOKED', 'FAILED'].map((name) => `REQUEST_${name}`)

/** GET /logistics-objects/{id}/audit-trail: the object's action requests, oldest first, from `updated-from` to `updated-to`. */
export const auditTrail = ({ base, record }: Server) => async ({ request, id, query }: Call): Promise<Answer> => {
  checkAccept(request.headers.accept)
  const reader = record.reader()
  const object = await findObject(reader, id)
  if (!object) throw notFound(objectIri(base, id))
  const from = timeOf('updated-from', query) ?? Number.NEGATIVE_INFINITY
  const to = (timeOf('updated-to', query) ?? Number.POSITIVE_INFINITY) + 999
  const status = statusOf(query.get('status'))

  const listed = await reader.scan({ prefix: below('request-of', id), limit: 1_000 })
  const found = await Promise.all(listed.map(({ key: text }) => reader.get(key('request', partsOf(text)[2] ?? ''))))
  const rows = found.filter((row) => row !== null).filter(({ at }) => at >= from && at <= to)
  const bodies = await Promise.all(rows.map(async ({ place }) => JSON.parse(place ? (await reader.body(place)).toString() : '{}') as RequestBody))
  const requests = bodies.filter((body) => status === null || body['api:hasRequestStatus']['@id'] === status).map(({ '@context': _, ...body }) => body)
  const newest = Math.max(object.at, ...rows.map(({ at }) => at))
  return {
    status: 200,
    body: JSON.stringify({
      '@context': CONTEXT,
      '@id': `${objectIri(base, id)}/audit-trail`,
      '@type': 'api:AuditTrail',
      'api:hasLatestRevision': { '@type': `${XSD}positiveInteger`, '@value': String(object.latest) },
      'api:hasActionRequest': requests,
    }),
    headers: { type: `${API}AuditTrail`, 'last-modified': httpDate(newest), 'latest-revision': String(object.latest) },
  }
}

const timeOf = (name: string, query: URLSearchParams): number | null => {
  const text = query.get(name)
  return text === null ? null : readTime(name, text)
}

/** `api:REQUEST_X` of the IRI, its last part, or 2.2's short name. */
const statusOf = (text: string | null): string | null => {
  if (text === null) return null
  const name = text.startsWith(API) ? text.slice(API.length) : text
  const status = STATUSES.find((known) => known === name || known === `REQUEST_${name}`)
  if (!status) throw invalidQuery(`status must be one of ${STATUSES.join(', ')}.`)
  return `api:${status}`
}
