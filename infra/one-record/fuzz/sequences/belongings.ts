import { randomUUID } from 'node:crypto'
import { CARGO, XSD } from '../../namespaces.ts'
import { holdersOnly, refusal } from './model.ts'
import { isThere } from './create.ts'
import { mustBe, mustEqual, objectAt, spoiled, type Session } from './session.ts'
import type { StepOf } from './steps.ts'

const eventBody = (more: object) => ({ '@context': { cargo: CARGO }, '@type': 'cargo:LogisticsEvent', 'cargo:eventDate': { '@type': `${XSD}dateTime`, '@value': '2026-01-01T00:00:00Z' }, ...more })

export const event = async (session: Session, { who, lie, spoil, object: number }: StepOf<'event'>): Promise<void> => {
  const object = objectAt(session, number)
  if (!object) return
  const { body, headers, refused } = spoiled(eventBody({}), spoil)
  const reply = await session.ask({ who, lie, method: 'POST', path: `${object.iri}/logistics-events`, body, headers })
  mustBe(reply, (at) => refusal(session.model, who, 'POST_LOGISTICS_EVENT', object, at) ?? refused ?? 201)
  if (reply.status === 201) object.events.push(reply.location ?? '')
}

type Results = { readonly 'api:hasCreationResult': readonly { readonly 'api:hasHTTPStatus': number; readonly 'api:hasLogisticsEvent'?: { readonly '@id': string } }[] }

/** One event of several objects: each is told by itself. */
export const events = async (session: Session, { who, lie, spoil, objects: numbers }: StepOf<'events'>): Promise<void> => {
  const objects = [...new Set(numbers.flatMap((number) => objectAt(session, number) ?? []))]
  if (objects.length === 0) return
  const { body, headers, refused } = spoiled(eventBody({ 'cargo:eventFor': objects.map((object) => ({ '@id': object.iri })) }), spoil)
  const reply = await session.ask({ who, lie, method: 'POST', path: '/logistics-events', body, headers })
  mustBe(reply, who === 'nobody' || who === 'liar' ? 401 : refused ?? 207)
  if (reply.status !== 207) return
  const { 'api:hasCreationResult': results } = JSON.parse(reply.body) as Results
  mustEqual('the number of results', results.length, objects.length)
  for (const [index, object] of objects.entries()) {
    const result = results[index]
    mustBe({ ...reply, status: result?.['api:hasHTTPStatus'] ?? 0 }, (at) => refusal(session.model, who, 'POST_LOGISTICS_EVENT', object, at) ?? 201)
    if (result?.['api:hasLogisticsEvent']) object.events.push(result['api:hasLogisticsEvent']['@id'])
  }
}

export const document = async (session: Session, { who, lie, object: number, method, name, text }: StepOf<'document'>): Promise<void> => {
  const object = objectAt(session, number)
  if (!object) return
  const { documents, isErased } = object
  const reply = await session.ask({ who, lie, method, path: `${object.iri}/documents/${encodeURIComponent(name)}`, ...(method === 'PUT' ? { body: text, headers: { 'content-type': 'text/plain' } } : {}) })
  mustBe(reply, (at) => {
    if (method === 'GET') return refusal(session.model, who, 'GET_LOGISTICS_OBJECT', object, at) ?? (documents.has(name) ? 200 : 404)
    return holdersOnly(who) ?? (isErased ? 404 : method === 'PUT' ? (documents.has(name) ? 204 : 201) : documents.has(name) ? 204 : 404)
  })
  if (reply.status === 200) mustEqual(`the document ${name}`, reply.body, documents.get(name))
  if (reply.status >= 300 || method === 'GET') return
  if (method === 'PUT') documents.set(name, text.toWellFormed())
  else documents.delete(name)
}

/** From then on nothing of it is there for anybody. */
export const erase = async (session: Session, { who, lie, spoil, object: number }: StepOf<'erase'>): Promise<void> => {
  const object = objectAt(session, number)
  if (!object) return
  const { body, headers, refused } = spoiled({ logisticsObject: object.iri }, spoil === 'a context elsewhere' ? 'no type' : spoil)
  const reply = await session.ask({ who, lie, method: 'POST', path: '/holder/erasures', body, headers: { 'content-type': 'application/json', ...headers } })
  mustBe(reply, holdersOnly(who) ?? refused ?? (object.isErased ? 200 : 201))
  if (reply.status !== 201) return
  object.isErased = true
  object.documents.clear()
  object.events.length = 0
}

type Report = { readonly created: number; readonly kept: number; readonly refused: number }

/** Takes in an object as it is here, or as one of another address. */
export const importOne = async (session: Session, { who, lie, spoil, object: number, isNew }: StepOf<'import'>): Promise<void> => {
  const object = objectAt(session, number)
  const text = object?.revisions.at(-1)?.text
  if (!object || text === undefined) return
  const id = isNew ? randomUUID() : object.id
  const iri = `${session.server.claim.baseUrl}/logistics-objects/${id}`
  const { body, headers, refused } = spoiled(JSON.parse(text.replaceAll(object.id, id)) as Readonly<Record<string, unknown>>, spoil)
  const reply = await session.ask({ who, lie, method: 'POST', path: '/holder/import', body, headers: { 'content-type': 'application/x-ndjson', ...headers } })
  mustBe(reply, holdersOnly(who) ?? (refused === 415 ? 415 : 200))
  if (reply.status !== 200) return
  const { created, kept, refused: turnedDown } = JSON.parse(reply.body) as Report
  const isRefused = refused !== null || (object.isErased && !isNew)
  mustEqual(`what became of ${iri}`, { created, kept, refused: turnedDown }, { created: Number(!isRefused && isNew), kept: Number(!isRefused && !isNew), refused: Number(isRefused) })
  if (created === 1) await isThere(session, { id, iri, revisions: [], events: [], documents: new Map(), isErased: false })
}
