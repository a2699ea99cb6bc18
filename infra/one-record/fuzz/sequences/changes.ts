import { randomUUID } from 'node:crypto'
import { changeBody } from '../../change/testing.ts'
import { noteRevision } from './create.ts'
import { latest, refusal, type AgentName, type KnownObject, type KnownRequest, type Who } from './model.ts'
import { mustBe, mustEqual, objectAt, spoiled, statusNow, type Asked, type Session } from './session.ts'
import type { StepOf } from './steps.ts'

const MARK = 'http://fuzz.test/mark'

type Change = { readonly asked: Asked; readonly mark: string; readonly refused: number | null }

/** A request for a change that can be found again by what it adds. */
export const changeOf = (object: KnownObject, who: Who, revision: number, isPossible: boolean, spoil: StepOf<'change'>['spoil'] = null): Change => {
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
export const noteChange = async (session: Session, request: KnownRequest): Promise<void> => {
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
