import { isHttpIri } from '../access/tokens/issuers.ts'
import { ApiError, TITLES } from '../http/api-error.ts'
import { API, CARGO } from '../namespaces.ts'
import { isLogisticsObject } from '../ontology/ontology.ts'

/** What a subscription is about (api:TopicType): all objects of a class and its subclasses, or one object. */
export type Topic =
  | { readonly type: 'LOGISTICS_OBJECT_TYPE'; readonly iri: string }
  | { readonly type: 'LOGISTICS_OBJECT_IDENTIFIER'; readonly iri: string }
export type TopicType = Topic['type']

const TOPIC_TYPES: readonly string[] = ['LOGISTICS_OBJECT_TYPE', 'LOGISTICS_OBJECT_IDENTIFIER'] satisfies TopicType[]
const isTopicType = (name: string): name is TopicType => TOPIC_TYPES.includes(name)

/** The `#` of the standard's two namespaces, for which an address may have `%23` or `/` (API 2.3.0, Subscriptions, Request). */
const withHash = (iri: string): string => {
  for (const namespace of [API, CARGO]) {
    const slashed = `${namespace.slice(0, -1)}/`
    if (iri.startsWith(slashed)) return namespace + iri.slice(slashed.length)
  }
  return iri
}

/**
 * A topic as it comes in a query or a body. @param fail makes the error of 400 for its place
 * @throws what `fail` makes, for a topic type that the standard has not, a class that is no logistics object's, an IRI that is no web address
 */
export const readTopic = (topicType: string, topic: string, fail: (message: string, property: 'hasTopicType' | 'hasTopic') => Error): Topic => {
  const given = withHash(topicType.trim())
  const type = given.startsWith(API) ? given.slice(API.length) : given
  if (!isTopicType(type)) throw fail(`${JSON.stringify(topicType)} is no topic type; there are ${TOPIC_TYPES.join(' and ')}.`, 'hasTopicType')
  const iri = withHash(topic.trim())
  if (type === 'LOGISTICS_OBJECT_TYPE') {
    if (!isLogisticsObject(iri)) throw fail(`${JSON.stringify(topic)} is no class of logistics objects.`, 'hasTopic')
    return { type, iri }
  }
  if (!isHttpIri(iri)) throw fail(`${JSON.stringify(topic)} is not the address of a logistics object.`, 'hasTopic')
  return { type, iri: iri.replace(/\/$/, '') }
}

/** The topic of GET /subscriptions. @throws ApiError 400 when a parameter is missing, or the topic is not supported */
export const topicOfQuery = (query: URLSearchParams): Topic => {
  const parameter = (name: string): string => {
    const value = query.get(name)
    if (value === null || value.trim() === '') throw invalid(`The query parameter ${name} is missing.`)
    return value
  }
  return readTopic(parameter('topicType'), parameter('topic'), invalid)
}

const invalid = (message: string): ApiError => new ApiError(400, TITLES.query, message)
