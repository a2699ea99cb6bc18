import { createHash } from 'node:crypto'
import type { Metadata } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'
import { derivedId } from '../ids.ts'
import type { HttpRequest } from './router.ts'

/** Until accounts come there is one owner: whoever holds the operator token. */
export const OWNER = 'operator'

/** What a command carries on: its cause (from the Idempotency-Key where there is one, so that a retry writes nothing twice) and metadata. */
export type Asked = { readonly cause: string; readonly metadata: Metadata; readonly idempotent: boolean }

/** `scope` is what a key must be unique in. @throws INVALID_FIELD for an unusable Idempotency-Key */
export const asked = (request: HttpRequest<unknown, unknown, unknown>, scope: string): Asked => {
  const key = request.headers['idempotency-key']
  if (key !== undefined && !/^[\x21-\x7e]{1,200}$/.test(key)) throw failure('INVALID_FIELD', { field: 'Idempotency-Key', reason: 'it must be 1 to 200 visible ASCII characters' })
  const hash = createHash('sha256').update(`${request.method} ${request.path}\n`).update(request.rawBody).digest('base64url')
  const { traceparent } = request.headers
  return {
    cause: key === undefined ? `request:${request.callId}` : derivedId(OWNER, scope, key),
    idempotent: key !== undefined,
    metadata: {
      correlationId: request.callId, causationId: request.callId, actor: OWNER,
      ...(key === undefined ? {} : { requestHash: hash }),
      ...(traceparent === undefined || traceparent.length > 100 ? {} : { traceparent }),
    },
  }
}
