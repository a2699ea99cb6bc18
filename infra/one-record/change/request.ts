import { randomUUID } from 'node:crypto'
import { errorNode, type ApiError } from '../http/api-error.ts'
import { isBlank, renameSubject } from '../json-ld/graph.ts'
import { CONTEXT, writeNode } from '../json-ld/writer.ts'
import { API, XSD } from '../namespaces.ts'
import { stableId } from '../objects/stable-id.ts'
import type { Change } from './change.ts'

export const CHANGE_REQUEST = `${API}ChangeRequest`

/** Outcome of a change that was decided at once: accepted and applied, or accepted and failed. */
type Outcome = { readonly change: Change; readonly at: Date; readonly agent: string; readonly error: ApiError | null }

const instant = (at: Date) => ({ '@type': `${XSD}dateTime`, '@value': at.toISOString() })

/**
 * The api:ChangeRequest (2.3.0) that keeps a change and what became of it. The holder's own changes are accepted at once, so the
 * history has the pending state, and of a failed one the accepted.
 */
export const changeRequestBody = (iri: string, { change, at, agent, error }: Outcome): Buffer => {
  const entry = (status: string) => ({
    '@type': 'api:RequestStatusEntry', '@id': `internal:${randomUUID()}`,
    'api:hasRequestStatus': { '@id': `api:${status}` }, 'api:hasRequestStatusSince': instant(at), 'api:isChangedBy': { '@id': agent },
  })
  const rename = (id: string): string => (isBlank(id) ? stableId(iri, 1, id) : id)
  const graph = new Map([...change.graph.values()].map((subject) => renameSubject(subject, rename)).map((subject) => [subject.id, subject]))
  return Buffer.from(JSON.stringify({
    '@context': CONTEXT,
    '@id': iri,
    '@type': 'api:ChangeRequest',
    'api:hasChange': writeNode(graph, rename(change.root)),
    'api:isRequestedBy': { '@id': agent },
    'api:isRequestedAt': instant(at),
    'api:hasRequestStatus': { '@id': error ? 'api:REQUEST_FAILED' : 'api:REQUEST_ACCEPTED' },
    'api:hasRequestStatusSince': instant(at),
    'api:hasRequestStatusHistory': ['REQUEST_PENDING', ...(error ? ['REQUEST_ACCEPTED'] : [])].map(entry),
    ...(error ? { 'api:hasError': [errorNode(error)] } : {}),
  }))
}
