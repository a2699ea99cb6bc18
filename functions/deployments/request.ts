import { createHash } from 'node:crypto'
import type { DeploymentEvent } from '../../events/deployment/events.ts'
import type { Metadata, RecordedEvent } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'
import type { HttpRequest } from '../../infra/functions/router.ts'
import { derivedId } from '../../infra/ids.ts'

/** Until accounts come there is one owner: whoever holds the operator token. */
export const OWNER = 'operator'

/** What a command carries on: its cause (from the Idempotency-Key where there is one, so that a retry writes nothing twice) and metadata. */
export type Asked = { readonly cause: string; readonly metadata: Metadata; readonly idempotent: boolean }

/** @throws INVALID_FIELD for an unusable Idempotency-Key */
export const asked = (request: HttpRequest<unknown, unknown>, scope: string): Asked => {
  const key = request.headers['idempotency-key']
  if (key !== undefined && !/^[\x21-\x7e]{1,200}$/.test(key)) throw failure('INVALID_FIELD', { field: 'Idempotency-Key', reason: 'it must be 1 to 200 visible ASCII characters' })
  const hash = createHash('sha256').update(`${request.method} ${request.path}\n`).update(request.rawBody).digest('base64url')
  const { traceparent } = request.headers
  return {
    cause: key === undefined ? `request:${request.callId}` : derivedId(OWNER, scope, key),
    idempotent: key !== undefined,
    metadata: {
      correlationId: request.callId, actor: OWNER,
      ...(key === undefined ? {} : { requestHash: hash }),
      ...(traceparent === undefined || traceparent.length > 100 ? {} : { traceparent }),
    },
  }
}

/**
 * Whether this very request was carried out before. @throws IDEMPOTENCY_KEY_REUSED when the key came with another request
 */
export const isRepeat = (events: readonly RecordedEvent<DeploymentEvent>[], { cause, metadata, idempotent }: Asked): boolean => {
  const before = idempotent ? events.find(({ id, type }) => id === derivedId(cause, type, '0')) : undefined
  if (before && before.metadata.requestHash !== metadata.requestHash) throw failure('IDEMPOTENCY_KEY_REUSED', { field: 'Idempotency-Key' })
  return before !== undefined
}

/** @throws INVALID_FIELD for something that is no entity tag, STALE_REVISION when the deployment is at another one (RFC 9110, section 13.1.1) */
export const requireMatch = (ifMatch: string | undefined, revision: number): void => {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const tags = ifMatch.split(',').map((tag) => /^"(\d{1,15})"$/.exec(tag.trim())?.[1])
  if (tags.includes(undefined)) throw failure('INVALID_FIELD', { field: 'If-Match', reason: 'it must be * or entity tags like "3"' })
  if (!tags.includes(String(revision))) throw failure('STALE_REVISION', { field: 'If-Match', given: ifMatch.slice(0, 100), current: etag(revision) })
}

/** The entity tag of a deployment is the revision of its stream. */
export const etag = (revision: number): string => `"${revision}"`
