import * as z from 'zod/mini'
import { invalidBody } from '../http/api-error.ts'
import { API } from '../namespaces.ts'
import { ancestors } from '../ontology/ontology.ts'
import { key } from '../store/key.ts'
import type { Reader, Transaction } from '../store/port.ts'
import { SUBSCRIPTION_EVENTS, type SubscriptionEvent } from './subscription.ts'
import { readTopic, type Topic } from './topic.ts'

/** What this server's holder wants to be told by others who propose it: a class with its subclasses, an object, or all objects below an address (`https://host/*`). */
export type Wish = { readonly topicType: Topic['type']; readonly topic: string; readonly events: readonly SubscriptionEvent[]; readonly sendBody: boolean; readonly notifyStatus: boolean }

const MOST = 20
const LONGEST = 500
/** For what is proposed as long as the holder says nothing: being told costs nothing, and what is told waits in the inbox. */
const ANYTHING = { events: SUBSCRIPTION_EVENTS, sendBody: false, notifyStatus: false }

/** Body of PUT /holder/wishes. */
export const wishesSchema = z.strictObject({
  wishes: z.array(z.strictObject({
    topicType: z.string().check(z.maxLength(LONGEST)), topic: z.string().check(z.maxLength(LONGEST)),
    events: z._default(z.array(z.enum(SUBSCRIPTION_EVENTS)).check(z.minLength(1)), [...SUBSCRIPTION_EVENTS]),
    sendBody: z._default(z.boolean(), false), notifyStatus: z._default(z.boolean(), false),
  })).check(z.maxLength(MOST)),
})

const WISHES = key('wishes')

/** Null: the holder said nothing, so everything is wanted. */
export const wishesOf = async (reader: Reader): Promise<readonly Wish[] | null> => {
  const row = await reader.get(WISHES)
  return row?.place ? (JSON.parse((await reader.body(row.place)).toString()) as readonly Wish[]) : null
}
export const putWishes = (tx: Transaction, wishes: readonly Wish[]): void => tx.put(WISHES, null, tx.keep(Buffer.from(JSON.stringify(wishes))))

/** @throws ApiError 400 for a topic that is none */
export const readWishes = ({ wishes }: z.infer<typeof wishesSchema>): readonly Wish[] =>
  wishes.map((wish) => {
    const end = wish.topic.endsWith('/*') ? '*' : ''
    const { type, iri } = readTopic(wish.topicType, wish.topic.slice(0, wish.topic.length - end.length), (message, property) => invalidBody(message, { property: API + property }))
    return { ...wish, topicType: type, topic: end === '' ? iri : `${iri}/*` }
  })

/** What is wanted of a topic, the closest wish first; null: nothing. */
export const wishFor = (wishes: readonly Wish[] | null, { type, iri }: Topic): Omit<Wish, 'topicType' | 'topic'> | null => {
  if (wishes === null) return ANYTHING
  const own = wishes.filter(({ topicType }) => topicType === type)
  const exact = own.find(({ topic }) => topic === iri)
  if (exact) return exact
  if (type === 'LOGISTICS_OBJECT_TYPE') return own.find(({ topic }) => ancestors(iri).has(topic)) ?? null
  return own.filter(({ topic }) => topic.endsWith('/*') && iri.startsWith(topic.slice(0, -1))).toSorted((a, b) => b.topic.length - a.topic.length)[0] ?? null
}
