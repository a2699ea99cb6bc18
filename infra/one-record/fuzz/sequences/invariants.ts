import { setTimeout as passed } from 'node:timers/promises'
import { AGENTS, hidden, isGone, isParty, latest, may, refusal, type AgentName, type KnownObject, type KnownRequest } from './model.ts'
import { timeOf, trailStatus } from './read.ts'
import { mustBe, mustEqual, statusIn, type Session } from './session.ts'

/** What holds after every sequence: who may sees all of it, as it was said, and nobody sees more. @throws Error that names what does not */
export const checkAll = async (session: Session): Promise<void> => {
  const ends = session.model.grants.map(({ expiresAt }) => expiresAt).filter(Number.isFinite)
  // what ends soon has ended
  await passed(Math.max(0, ...ends.map((end) => end + 1 - Date.now())))
  for (const object of session.model.objects) {
    await checkHistory(session, object)
    for (const who of AGENTS) await checkView(session, object, who)
  }
  for (const request of session.model.requests) await checkRequest(session, request)
}

/** Revisions without a gap, each of them and each time as it was seen. */
const checkHistory = async ({ ask }: Session, object: KnownObject): Promise<void> => {
  const { iri, revisions, isErased } = object
  for (const [index, { text, second }] of revisions.entries()) {
    const numbered = await ask({ who: 'holder', path: `${iri}?revision=${index + 1}` })
    mustBe(numbered, isErased ? 404 : 200)
    if (!isErased) mustEqual(`revision ${index + 1} of ${iri}`, contentOf(numbered.body), contentOf(text))
    // the newest of that second
    const held = revisions.findLastIndex((other) => other.second === second)
    const then = await ask({ who: 'holder', path: `${iri}?at=${timeOf(second)}` })
    mustBe(then, isErased ? 404 : 200)
    if (!isErased) mustEqual(`the revision of ${iri} at ${timeOf(second)}`, then.headers.get('revision'), String(held + 1))
  }
  mustBe(await ask({ who: 'holder', path: `${iri}?revision=${latest(object) + 1}` }), 404)
}

/** Without the number of the newest revision, which a former one is told with. */
const contentOf = (body: string): unknown => ({ ...(JSON.parse(body) as Readonly<Record<string, unknown>>), 'api:hasLatestRevision': null })

const checkView = async (session: Session, object: KnownObject, who: AgentName): Promise<void> => {
  const { ask, model } = session
  const { iri } = object
  const now = Date.now()
  const status = refusal(model, who, 'GET_LOGISTICS_OBJECT', object, now) ?? 200
  const itself = await ask({ who, path: iri })
  mustBe(itself, status)
  if (status === 200) mustEqual(`${iri} for ${who}`, itself.body, object.revisions.at(-1)?.text)

  const trail = await ask({ who, path: `${iri}/audit-trail` })
  mustBe(trail, trailStatus(session, object, who, now))
  if (trail.status === 200) {
    const { 'api:hasActionRequest': listed = [] } = JSON.parse(trail.body) as { readonly 'api:hasActionRequest'?: readonly { readonly '@id': string }[] }
    const seen = listed.map((request) => `${request['@id']} ${statusIn(JSON.stringify(request))}`)
    mustEqual(`the audit trail of ${iri} for ${who}`, seen.toSorted(), model.requests.filter((request) => request.object === object && isShown(session, request, who, now)).map((request) => `${request.iri} ${request.status}`).toSorted())
  }

  const events = await ask({ who, path: `${iri}/logistics-events` })
  mustBe(events, refusal(model, who, 'GET_LOGISTICS_EVENT', object, now) ?? 200)
  if (events.status === 200) {
    const { 'api:hasItem': items = [] } = JSON.parse(events.body) as { readonly 'api:hasItem'?: readonly { readonly '@id': string }[] }
    mustEqual(`the events of ${iri}`, items.map((each) => each['@id']).toSorted(), object.events.toSorted())
  }
  const documents = await ask({ who, path: `${iri}/documents` })
  mustBe(documents, status)
  if (documents.status === 200) mustEqual(`the documents of ${iri}`, (JSON.parse(documents.body) as { readonly items: readonly { readonly name: string }[] }).items.map(({ name }) => name).toSorted(), [...object.documents.keys()].toSorted())
}

/** Who reads an object and who follows it is between them and the holder; what is about the object is shown to all who read it. */
const isShown = ({ model }: Session, request: KnownRequest, who: AgentName, at: number): boolean =>
  isParty(request, who) || (['ChangeRequest', 'VerificationRequest'].includes(request.type) && may(model, who, 'GET_LOGISTICS_OBJECT', request.object, at))

const checkRequest = async ({ ask, model }: Session, request: KnownRequest): Promise<void> => {
  for (const who of AGENTS) {
    const reply = await ask({ who, path: request.iri })
    mustBe(reply, who === 'holder' ? (isGone(request) ? 404 : 200) : isGone(request) || !isParty(request, who) ? hidden(model) : 200)
    if (reply.status === 200) mustEqual(`the status of ${request.iri}`, statusIn(reply.body), request.status)
  }
}
