import type { Answer } from '../http/answer.ts'
import { invalidQuery, notFound } from '../http/api-error.ts'
import { checkAccept } from '../http/negotiate.ts'
import type { Call } from '../http/router.ts'
import { httpDate, readTime } from '../http/time.ts'
import { historicalBody } from '../objects/body.ts'
import { objectIri } from '../objects/split.ts'
import type { ObjectRecord } from '../store/record-index.ts'
import type { Server } from './server.ts'

/**
 * GET and HEAD /logistics-objects/{id}. `at`: the object as it was at the end of that second, so that a Last-Modified, which is
 * cut to the second, names the state it came with.
 */
export const readObject = ({ base, record }: Server) => async ({ request, id, query }: Call): Promise<Answer> => {
  checkAccept(request.headers.accept)
  const iri = objectIri(base, id)
  const at = query.get('at')
  const embedded = query.get('embedded')
  // true may be answered with links (2.3.0, Get a Logistics Object: SHOULD)
  if (embedded !== null && embedded !== 'true' && embedded !== 'false') throw invalidQuery('embedded must be true or false.')
  const time = at === null ? Number.POSITIVE_INFINITY : timeOf(at)
  const object = record.object(id)
  const revision = object ? revisionAt(object, time) : 0
  const place = object?.revisions[revision - 1]
  if (!object || !place) throw notFound(iri)

  const latest = object.revisions.length
  const stored = await record.body(place)
  return {
    status: 200,
    body: at === null ? stored : historicalBody(stored, iri, { at, revision, latest }),
    headers: {
      location: at === null ? iri : `${iri}?at=${at}`,
      type: object.type,
      revision: String(revision),
      'latest-revision': String(latest),
      'last-modified': httpDate(place[3]),
      etag: at === null ? `"${revision}"` : `"${revision}-${latest}-${at}"`,
    },
  }
}

const timeOf = (at: string): number => {
  const time = readTime('at', at)
  if (time > Date.now()) throw invalidQuery('at is in the future.')
  return time + 999
}

/** Number of the revision that held at `time`, milliseconds; 0 before the first. */
const revisionAt = ({ revisions }: ObjectRecord, time: number): number => revisions.findLastIndex(([, , , at]) => at <= time) + 1
