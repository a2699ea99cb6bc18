import { CONTEXT } from '../json-ld/writer.ts'
import { XSD } from '../namespaces.ts'
import { stableId } from '../objects/stable-id.ts'
import type { ActionRequest } from './request.ts'
import { REQUEST_TYPES } from './states.ts'

/** A JSON-LD node, compacted with this server's context, without it. */
export type Node = Readonly<Record<string, unknown>>

/** `content`: what is asked for, an api:Change or a sibling; `errors`: api:Error nodes. */
export type Shown = { readonly iri: string; readonly request: ActionRequest; readonly content: Node; readonly errors: readonly Node[] }

const instant = (at: number) => ({ '@type': `${XSD}dateTime`, '@value': new Date(at).toISOString() })
const status = (name: string) => ({ '@id': `api:${name}` })

/**
 * An action request as served, without context (API 2.3.0, Action Requests). Version 2.2.0 has neither the time nor the history of
 * a status, nor the severity of an error.
 */
export const requestNode = ({ iri, request, content, errors }: Shown, version: string): Node => ({
  '@id': iri,
  '@type': `api:${request.type}`,
  [`api:${REQUEST_TYPES[request.type]}`]: content,
  'api:isRequestedBy': { '@id': request.requestedBy },
  'api:isRequestedAt': instant(request.requestedAt),
  'api:hasRequestStatus': status(request.status),
  ...(version === '2.2.0' ? {} : { 'api:hasRequestStatusSince': instant(request.since), ...historyOf(iri, request) }),
  ...(errors.length > 0 ? { 'api:hasError': version === '2.2.0' ? errors.map(withoutSeverity) : errors } : {}),
  ...(request.status === 'REQUEST_REVOKED' ? { 'api:isRevokedBy': { '@id': request.history.at(-1)?.changedBy }, 'api:isRevokedAt': instant(request.since) } : {}),
})

export const requestDocument = (shown: Shown, version: string): string => JSON.stringify({ '@context': CONTEXT, ...requestNode(shown, version) })

const historyOf = (iri: string, { history }: ActionRequest): Node =>
  history.length === 0 ? {} : {
    'api:hasRequestStatusHistory': history.map((entry, index) => ({
      '@id': stableId(iri, index + 1, entry.status),
      '@type': 'api:RequestStatusEntry',
      'api:hasRequestStatus': status(entry.status),
      'api:hasRequestStatusSince': instant(entry.since),
      'api:isChangedBy': { '@id': entry.changedBy },
    })),
  }

const withoutSeverity = ({ 'api:hasSeverity': _, ...error }: Node): Node => error
