import { randomUUID } from 'node:crypto'
import { setTimeout as passed } from 'node:timers/promises'
import { changeBody } from '../../change/testing.ts'
import { hidden, holdersOnly, latest, refusal, type AgentName, type KnownObject, type KnownRequest, type Who } from './model.ts'
import { mustBe, mustEqual, objectAt, spoiled, statusNow, type Asked, type Reply, type Session } from './session.ts'
import type { StepOf } from './steps.ts'

const MARK = 'http://fuzz.test/mark'

export const create = async (session: Session, { who, lie, spoil, body }: StepOf<'create'>): Promise<void> => {
  const { asked, iri, id, refused } = creation(session, body, spoil)
  const reply = await session.ask({ ...asked, who, lie })
  mustBe(reply, holdersOnly(who) ?? refused ?? 201)
  if (reply.status !== 201) return
  mustEqual('the Location', reply.location, iri)
  await isThere(session, newObject(id, iri))
}

const creation = ({ server }: Session, body: Readonly<Record<string, unknown>>, spoil: StepOf<'create'>['spoil']) => {
  const id = randomUUID()
  const iri = `${server.claim.baseUrl}/logistics-objects/${id}`
  const sent = spoiled({ ...body, '@id': iri }, spoil)
  return { id, iri, refused: sent.refused, asked: { method: 'POST', path: '/logistics-objects', body: sent.body, headers: sent.headers } }
}

const newObject = (id: string, iri: string): KnownObject => ({ id, iri, revisions: [], events: [], documents: new Map(), isErased: false })

export const isThere = async (session: Session, object: KnownObject): Promise<void> => {
  session.model.objects.push(object)
  await noteRevision(session, object)
}

/** The object has a revision more: reads it as the holder, and keeps what it says. */
export const noteRevision = async ({ ask }: Session, object: KnownObject): Promise<void> => {
  const reply = await ask({ who: 'holder', path: object.iri })
  mustBe(reply, 200)
  mustEqual(`the revision of ${object.iri}`, [reply.headers.get('revision'), reply.headers.get('latest-revision')], [String(latest(object) + 1), String(latest(object) + 1)])
  object.revisions.push({ text: reply.body, second: Date.parse(reply.headers.get('last-modified') ?? '') })
}

type Change = { readonly asked: Asked; readonly mark: string; readonly refused: number | null }

const changeOf = (object: KnownObject, who: Who, revision: number, isPossible: boolean, spoil: StepOf<'change'>['spoil'] = null): Change => {
  const mark = randomUUID()
  const { body, headers, refused } = spoiled(changeBody(object.iri, revision, [[isPossible ? 'ADD' : 'DELETE', object.iri, MARK, 'string', mark]]), spoil)
  return { mark, refused, asked: { who, method: 'PATCH', path: object.iri, body, headers } }
}

export const change = async (session: Session, { who, lie, spoil, object: number, revision, isPossible }: StepOf<'change'>): Promise<void> => {
  const object = objectAt(session, number)
  if (!object) return
  const current = latest(object)
  const wanted = revision === 'current' ? current : revision === 'stale' && current > 1 ? current - 1 : current + 1
  const { asked, mark, refused } = changeOf(object, who, wanted, isPossible, spoil)
  const reply = await session.ask({ ...asked, lie })
  mustBe(reply, (at) => refusal(session.model, who, 'PATCH_LOGISTICS_OBJECT', object, at) ?? refused ?? (wanted === current && !isPossible ? 422 : 201))
  if (reply.location === null) return
  const status = wanted !== current || !isPossible ? 'REQUEST_FAILED' : who === 'holder' ? 'REQUEST_ACCEPTED' : 'REQUEST_PENDING'
  await noteChange(session, { iri: reply.location, type: 'ChangeRequest', by: who as AgentName, object, status, mark, wanted: null })
}

/** A change request that is there, with what follows from its status. */
const noteChange = async (session: Session, request: KnownRequest): Promise<void> => {
  mustEqual(`the status of ${request.iri}`, await statusNow(session, request.iri), request.status)
  session.model.requests.push(request)
  if (request.status === 'REQUEST_ACCEPTED') await applied(session, request)
}

/** A change was accepted: the next revision says what it added, and those that waited are rejected. */
export const applied = async (session: Session, { iri, object, mark }: KnownRequest): Promise<void> => {
  await noteRevision(session, object)
  if (!object.revisions.at(-1)?.text.includes(mark ?? '')) throw new Error(`${iri} was accepted, but what it adds is not there`)
  for (const other of session.model.requests) if (other.object === object && other.type === 'ChangeRequest' && other.status === 'REQUEST_PENDING' && other.iri !== iri) other.status = 'REQUEST_REJECTED'
}

/** Two changes of one revision at the same time: one at most is applied, and both are told what became of them. */
export const compete = async (session: Session, { object: number, other }: StepOf<'compete'>): Promise<void> => {
  const object = objectAt(session, number)
  if (!object) return
  const begun = (['holder', other] as const).map((who) => ({ who, ...changeOf(object, who, latest(object), true) }))
  const replies = await Promise.all(begun.map(({ asked }) => session.send(asked)))
  session.settled()
  const requests: KnownRequest[] = []
  for (const [index, { who, mark }] of begun.entries()) {
    const reply = replies[index]
    if (!reply) throw new Error(`a change of ${object.iri} was not answered`)
    mustBe(reply, (at) => refusal(session.model, who, 'PATCH_LOGISTICS_OBJECT', object, at) ?? 201)
    if (reply.location === null) continue
    requests.push({ iri: reply.location, type: 'ChangeRequest', by: who, object, mark, wanted: null, status: await statusNow(session, reply.location) as KnownRequest['status'] })
  }
  const accepted = requests.filter(({ status }) => status === 'REQUEST_ACCEPTED')
  if (object.isErased ? requests.length > 0 : accepted.length !== 1) throw new Error(`${accepted.length} of two changes of ${object.iri} were accepted`)
  for (const { by, status } of requests) if (status !== 'REQUEST_ACCEPTED' && status !== 'REQUEST_FAILED' && (by === 'holder' || status !== 'REQUEST_REJECTED')) throw new Error(`of two changes of ${object.iri} one is ${status}`)
  for (const request of requests.toSorted((a, b) => Number(a.status !== 'REQUEST_ACCEPTED') - Number(b.status !== 'REQUEST_ACCEPTED'))) await noteChange(session, request)
}

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

/** Reads one view of an object as somebody. */
export const read = async (session: Session, { who, lie, object: number, what }: StepOf<'read'>): Promise<void> => {
  const object = objectAt(session, number)
  if (!object) return
  const { ask, model } = session
  const asRead = (at: number) => refusal(model, who, 'GET_LOGISTICS_OBJECT', object, at) ?? 200
  const asEvents = (at: number) => refusal(model, who, 'GET_LOGISTICS_EVENT', object, at) ?? 200
  const last = object.revisions.at(-1)
  switch (what) {
    case 'itself': {
      const reply = await ask({ who, lie, path: object.iri })
      mustBe(reply, asRead)
      if (reply.status === 200) mustEqual(`${object.iri} for ${who}`, reply.body, last?.text)
      return
    }
    case 'its head': return mustBe(await ask({ who, lie, path: object.iri, method: 'HEAD' }), asRead)
    case 'with those it leads to': return mustBe(await ask({ who, lie, path: `${object.iri}?embedded=true` }), asRead)
    case 'a revision': return mustBe(await ask({ who, lie, path: `${object.iri}?revision=${latest(object)}` }), asRead)
    case 'one to come': return mustBe(await ask({ who, lie, path: `${object.iri}?revision=${latest(object) + 1}` }), (at) => (asRead(at) === 200 ? 404 : asRead(at)))
    case 'a time': return mustBe(await ask({ who, lie, path: `${object.iri}?at=${timeOf(last?.second ?? 0)}` }), asRead)
    case 'its audit trail': {
      const reply = await ask({ who, lie, path: `${object.iri}/audit-trail` })
      return mustBe(reply, (at) => trailStatus(session, object, who, at))
    }
    case 'its events': return mustBe(await ask({ who, lie, path: `${object.iri}/logistics-events` }), asEvents)
    case 'an event': return mustBe(await ask({ who, lie, path: object.events.at(-1) ?? `${object.iri}/logistics-events/none` }), (at) => (asEvents(at) === 200 && object.events.length === 0 ? 404 : asEvents(at)))
    case 'its documents': return mustBe(await ask({ who, lie, path: `${object.iri}/documents` }), asRead)
    default: return what satisfies never
  }
}

/** Who may not read the object but asked for something has a trail of that. */
export const trailStatus = ({ model }: Session, object: KnownObject, who: Who, at: number): number => {
  const refused = refusal(model, who, 'GET_LOGISTICS_OBJECT', object, at)
  const hasAsked = !object.isErased && model.requests.some(({ object: about, by }) => about === object && by === who)
  return refused === null || (hasAsked && refused === hidden(model)) ? 200 : refused
}

/** As a query has it: `YYYYMMDDThhmmssZ`. */
export const timeOf = (at: number): string => new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')
