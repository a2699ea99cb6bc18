import { randomUUID } from 'node:crypto'

/**
 * An id for an object: a UUID of version 7 (RFC 9562, section 5.7), 74 of its bits random. In the order of time, so that rows of objects
 * made together lie together in the record's index: in the same few pages, however large it is.
 */
export const newObjectId = (at = Date.now()): string => {
  const time = at.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
