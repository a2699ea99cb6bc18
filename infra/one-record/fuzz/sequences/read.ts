import { hidden, latest, refusal, type KnownObject, type Who } from './model.ts'
import { mustBe, mustEqual, objectAt, type Session } from './session.ts'
import type { StepOf } from './steps.ts'

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

/** Who may not read the object but asked for something has a trail of that, unless it was for access: anybody may ask for that. */
export const trailStatus = ({ model }: Session, object: KnownObject, who: Who, at: number): number => {
  const refused = refusal(model, who, 'GET_LOGISTICS_OBJECT', object, at)
  const hasAsked = !object.isErased && model.requests.some(({ object: about, by, type }) => about === object && by === who && type !== 'AccessDelegationRequest')
  return refused === null || (hasAsked && refused === hidden(model)) ? 200 : refused
}

/** As a query has it: `YYYYMMDDThhmmssZ`. */
export const timeOf = (at: number): string => new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')
