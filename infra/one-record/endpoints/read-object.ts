import type { Answer } from '../http/answer.ts'
import { invalidQuery, notFound } from '../http/api-error.ts'
import { etagOf } from '../http/etag.ts'
import type { Call } from '../http/router.ts'
import { httpDate, readTime } from '../http/time.ts'
import { historicalBody } from '../objects/body.ts'
import { embeddedBody, type LinkedObject } from '../objects/embed.ts'
import { findRevision, revisionAt, type StoredRevision } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import type { Server } from './server.ts'

/**
 * GET and HEAD /logistics-objects/{id} (2.3.0, Get a Logistics Object; Retrieve a historical Logistics Object). `at`: the object as
 * it was at the end of that second, so that a Last-Modified, which is cut to the second, names the state it came with.
 * `embedded=true`: with those objects of this server that it leads to and the agent may see. `revision`, beyond the standard: one
 * revision by its number. See docs/decisions/0026.
 */
export const readObject = ({ base, record, access }: Server) => async ({ id, query, agent }: Call): Promise<Answer> => {
  const iri = objectIri(base, id)
  const { at, time, number, isEmbedded } = wanted(query)
  const reader = record.reader()
  await access.check(reader, agent, 'GET_LOGISTICS_OBJECT', id)
  const found = number === null ? await revisionAt(reader, id, time) : await findRevision(reader, id, number)
  if (!found) throw notFound(iri)

  const { type, revision, latest } = found
  const stored = await reader.body(found.place)
  const linked = async (other: string): Promise<LinkedObject | null> => {
    const local = other.startsWith(objectIri(base, '')) ? other.slice(objectIri(base, '').length) : null
    // asked first: what may not be seen is not looked at
    const there = local !== null && (await access.may(reader, agent, 'GET_LOGISTICS_OBJECT', local)) ? await revisionAt(reader, local, time) : null
    return there && { body: await reader.body(there.place), revision: there.revision, latest: there.latest }
  }
  const body = isEmbedded
    ? await embeddedBody(stored, iri, { at, revision, latest, linked })
    : at === null && revision === latest ? stored : historicalBody(stored, iri, { at, revision, latest })
  return {
    status: 200, body,
    headers: {
      location: addressOf(iri, at, number), type, revision: String(revision), 'latest-revision': String(latest), 'last-modified': httpDate(found.at),
      // what is embedded changes without this object, and is another for each agent
      etag: isEmbedded ? etagOf(body) : tagOf(found, at, number),
    },
  }
}

type Wanted = { /** `YYYYMMDDThhmmssZ` as given. */ readonly at: string | null; /** Milliseconds. */ readonly time: number; readonly number: number | null; readonly isEmbedded: boolean }

const wanted = (query: URLSearchParams): Wanted => {
  const [at, embedded, revision] = [query.get('at'), query.get('embedded'), query.get('revision')]
  if (embedded !== null && embedded !== 'true' && embedded !== 'false') throw invalidQuery('embedded must be true or false.')
  if (revision !== null && !/^[1-9]\d{0,8}$/.test(revision)) throw invalidQuery('revision must be the number of a revision, from 1 on.')
  if (revision !== null && at !== null) throw invalidQuery('at and revision both say which revision; give one of them.')
  return { at, time: at === null ? Number.POSITIVE_INFINITY : timeOf(at), number: revision === null ? null : Number(revision), isEmbedded: embedded === 'true' }
}

const timeOf = (at: string): number => {
  const time = readTime('at', at)
  if (time > Date.now()) throw invalidQuery('at is in the future.')
  return time + 999
}

const addressOf = (iri: string, at: string | null, number: number | null): string =>
  at !== null ? `${iri}?at=${at}` : number !== null ? `${iri}?revision=${number}` : iri

/** Names the bytes: a former revision says which is the latest, and links as of its time. */
const tagOf = ({ revision, latest }: StoredRevision, at: string | null, number: number | null): string =>
  at === null && number === null ? `"${revision}"` : `"${revision}-${latest}-${at ?? 'by-number'}"`
