import type { RecordedEvent } from '../../events/envelope.ts'
import { failure } from '../../events/errors.ts'
import { derivedId } from '../ids.ts'
import type { Asked } from './asked.ts'

/**
 * Whether this very request was carried out before. @throws IDEMPOTENCY_KEY_REUSED when the key came with another request
 */
export const isRepeat = (events: readonly RecordedEvent[], { cause, metadata, idempotent }: Asked): boolean => {
  const before = idempotent ? events.find(({ id, type }) => id === derivedId(cause, type, '0')) : undefined
  if (before && before.metadata.requestHash !== metadata.requestHash) throw failure('IDEMPOTENCY_KEY_REUSED', { field: 'Idempotency-Key' })
  return before !== undefined
}

/** @throws INVALID_FIELD for something that is no entity tag, STALE_REVISION when the aggregate is at another one (RFC 9110, section 13.1.1) */
export const requireMatch = (ifMatch: string | undefined, revision: number): void => {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const tags = ifMatch.split(',').map((tag) => /^"(\d{1,15})"$/.exec(tag.trim())?.[1])
  if (tags.includes(undefined)) throw failure('INVALID_FIELD', { field: 'If-Match', reason: 'it must be * or entity tags like "3"' })
  if (!tags.includes(String(revision))) throw failure('STALE_REVISION', { field: 'If-Match', given: ifMatch.slice(0, 100), current: etag(revision) })
}

/** The entity tag of an aggregate is the revision of its stream. */
export const etag = (revision: number): string => `"${revision}"`
