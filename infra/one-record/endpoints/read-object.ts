import type { Answer } from '../http/answer.ts'
import { invalidQuery, notFound } from '../http/api-error.ts'
import { checkAccept } from '../http/negotiate.ts'
import type { Call } from '../http/router.ts'
import { httpDate, readTime } from '../http/time.ts'
import { embeddedBody, historicalBody, type LinkedObject } from '../objects/body.ts'
import { revisionAt } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import type { Server } from './server.ts'

/**
 * GET and HEAD /logistics-objects/{id}. `at`: the object as it was at the end of that second, so that a Last-Modified, which is
 * cut to the second, names the state it came with. `embedded=true`: with the objects of this server that it links to, one level.
 */
export const readObject = ({ base, record }: Server) => async ({ request, id, query }: Call): Promise<Answer> => {
  checkAccept(request.headers.accept)
  const iri = objectIri(base, id)
  const at = query.get('at')
  const embedded = query.get('embedded')
  if (embedded !== null && embedded !== 'true' && embedded !== 'false') throw invalidQuery('embedded must be true or false.')
  const time = at === null ? Number.POSITIVE_INFINITY : timeOf(at)
  const reader = record.reader()
  const found = await revisionAt(reader, id, time)
  if (!found) throw notFound(iri)

  const { type, place, revision, latest } = found
  const stored = await reader.body(place)
  const tag = at === null ? `"${revision}"` : `"${revision}-${latest}-${at}"`
  const linked = async (other: string): Promise<LinkedObject | null> => {
    const there = other.startsWith(objectIri(base, '')) ? await revisionAt(reader, other.slice(objectIri(base, '').length), time) : null
    return there && { body: await reader.body(there.place), revision: there.revision, latest: there.latest }
  }
  return {
    status: 200,
    body: embedded === 'true' ? await embeddedBody(stored, iri, { at, revision, latest, linked }) : at === null ? stored : historicalBody(stored, iri, { at, revision, latest }),
    headers: {
      location: at === null ? iri : `${iri}?at=${at}`,
      type,
      revision: String(revision),
      'latest-revision': String(latest),
      'last-modified': httpDate(found.at),
      // what is embedded changes without this object
      ...(embedded === 'true' ? {} : { etag: tag }),
    },
  }
}

const timeOf = (at: string): number => {
  const time = readTime('at', at)
  if (time > Date.now()) throw invalidQuery('at is in the future.')
  return time + 999
}
