import { setTimeout as passed } from 'node:timers/promises'
import { changeOf, noteChange } from './changes.ts'
import { creation, isThere, newObject } from './create.ts'
import { latest, type KnownObject } from './model.ts'
import { mustBe, objectAt, type Reply, type Session } from './session.ts'
import type { StepOf } from './steps.ts'

/**
 * The server is ended or killed, and started again, or loses its object store for a while; something may be on its way meanwhile, and
 * is then there whole or not at all.
 */
export const again = async (session: Session, { how, hides, during, object: number, after }: StepOf<'again'>): Promise<void> => {
  const { server, model } = session
  const object = objectAt(session, number)
  const made = during === 'create' ? creation(session, { '@type': 'https://onerecord.iata.org/ns/cargo#Piece' }, null) : null
  const changed = during === 'change' && object && !object.isErased ? changeOf(object, 'holder', latest(object), true) : null
  const asked = made?.asked ?? changed?.asked
  const sent = asked ? session.send({ who: 'holder', ...asked }) : null
  await passed(how === 'no store' ? 0 : after)
  if (how === 'no store') await server.withoutStore(after * 10)
  else await server.again(how, hides)
  model.hides = server.hides()
  const reply = await sent
  session.settled()
  if (how === 'no store') await writesAgain(session)
  if (made) {
    const there = await session.ask({ who: 'holder', path: made.iri })
    mustBe(there, ...(isDone(reply) ? [200] : [200, 404]))
    if (there.status === 200) await isThere(session, newObject(made.id, made.iri))
  }
  if (changed && object) {
    const there = await session.ask({ who: 'holder', path: object.iri, method: 'HEAD' })
    const isApplied = there.headers.get('latest-revision') === String(latest(object) + 1)
    if (isDone(reply) && !isApplied) throw new Error(`a change of ${object.iri} was answered with 201 and is not there after the server was ended`)
    const iri = isApplied ? reply?.location ?? await requestWith(session, object, changed.mark) : null
    if (iri !== null) await noteChange(session, { iri, type: 'ChangeRequest', by: 'holder', object, status: 'REQUEST_ACCEPTED', mark: changed.mark, wanted: null })
  }
}

/** What was written before is decided once something is written after it. */
const writesAgain = async ({ send, server, settled }: Session): Promise<void> => {
  const until = Date.now() + MOST_WAIT_MS
  const body = JSON.stringify({ '@type': 'https://onerecord.iata.org/ns/cargo#Piece' })
  for (let status = 0; status !== 201; ) {
    const reply = await send({ who: 'holder', method: 'POST', path: '/logistics-objects', body })
    status = reply?.status ?? 0
    if (status !== 201 && (status !== 503 || Date.now() > until)) throw new Error(`${status} after the store of ${server.claim.baseUrl} is there again: ${reply?.body}`)
    if (status !== 201) await passed(50)
  }
  settled()
}
const MOST_WAIT_MS = 30_000

const isDone = (reply: Reply | null): boolean => {
  if (reply && reply.status !== 201 && reply.status !== 503) throw new Error(`${reply.status} from a server that was ended: ${reply.told}`)
  return reply?.status === 201
}

/** IRI of the change request in the audit trail that adds this. */
const requestWith = async ({ ask }: Session, { iri }: KnownObject, mark: string): Promise<string> => {
  const reply = await ask({ who: 'holder', path: `${iri}/audit-trail` })
  const { 'api:hasActionRequest': all = [] } = JSON.parse(reply.body) as { readonly 'api:hasActionRequest'?: readonly { readonly '@id': string }[] }
  const [found, ...more] = all.filter((request) => JSON.stringify(request).includes(mark))
  if (!found || more.length > 0) throw new Error(`${all.length - more.length} requests made the newest revision of ${iri}`)
  return found['@id']
}
