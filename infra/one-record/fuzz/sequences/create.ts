import { randomUUID } from 'node:crypto'
import { holdersOnly, latest, type KnownObject } from './model.ts'
import { mustBe, mustEqual, spoiled, type Session } from './session.ts'
import type { StepOf } from './steps.ts'

export const create = async (session: Session, { who, lie, spoil, body }: StepOf<'create'>): Promise<void> => {
  const { asked, iri, id, refused } = creation(session, body, spoil)
  const reply = await session.ask({ ...asked, who, lie })
  mustBe(reply, holdersOnly(who) ?? refused ?? 201)
  if (reply.status !== 201) return
  mustEqual('the Location', reply.location, iri)
  await isThere(session, newObject(id, iri))
}

/** A request that makes an object of an id that is known before. */
export const creation = ({ server }: Session, body: Readonly<Record<string, unknown>>, spoil: StepOf<'create'>['spoil']) => {
  const id = randomUUID()
  const iri = `${server.claim.baseUrl}/logistics-objects/${id}`
  const sent = spoiled({ ...body, '@id': iri }, spoil)
  return { id, iri, refused: sent.refused, asked: { method: 'POST', path: '/logistics-objects', body: sent.body, headers: sent.headers } }
}

export const newObject = (id: string, iri: string): KnownObject => ({ id, iri, revisions: [], events: [], documents: new Map(), isErased: false })

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
