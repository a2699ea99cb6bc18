import { invalidBody } from '../http/api-error.ts'
import { linksOf } from '../json-ld/graph.ts'
import type { Document } from '../json-ld/reader.ts'
import { API, XSD } from '../namespaces.ts'

const STATUSES = ['PENDING', 'ACCEPTED', 'REJECTED', 'FAILED', 'REVOKED'] as const
const REQUESTS = ['CHANGE_REQUEST', 'ACCESS_DELEGATION_REQUEST', 'SUBSCRIPTION_REQUEST'] as const

/** api:NotificationEventType (API 2.3.0, Notifications). */
const EVENT_TYPES: ReadonlySet<string> = new Set([
  'LOGISTICS_OBJECT_CREATED', 'LOGISTICS_OBJECT_UPDATED', 'LOGISTICS_OBJECT_AVAILABLE', 'LOGISTICS_OBJECT_ACCESS_GRANTED', 'LOGISTICS_EVENT_RECEIVED',
  ...REQUESTS.flatMap((request) => STATUSES.map((status) => `${request}_${status}`)),
  ...['PENDING', 'ACKNOWLEDGED', 'REJECTED', 'FAILED', 'REVOKED'].map((status) => `VERIFICATION_REQUEST_${status}`),
])

/** What an api:Notification says. IRIs; `eventType` without its namespace. */
export type Notification = {
  readonly eventType: string
  readonly object: string | null
  readonly objectType: string | null
  readonly changed: readonly string[]
  readonly event: string | null
  readonly triggeredBy: string | null
}

/**
 * Event type of a request's change of status; null when the standard has none.
 * @param type `A:ChangeRequest` ... @param status `REQUEST_ACCEPTED` ..., as IRI or without its namespace
 */
export const requestEventType = (type: string, status: string): string | null => {
  const request = type.slice(type.startsWith(API) ? API.length : 0).replace(/Request$/, '').replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
  const name = `${request}_${status.slice(status.startsWith(API) ? API.length : 0)}`
  return EVENT_TYPES.has(name) ? name : null
}

/**
 * Reads the body of POST /notifications. What it has besides is kept as it came.
 * @throws ApiError 400 when it is no api:Notification with one known event type
 */
export const readNotification = ({ graph, roots }: Document): Notification => {
  const node = roots.flatMap((id) => graph.get(id) ?? []).find(({ types }) => types.includes(`${API}Notification`))
  if (!node) throw invalidBody('The body must be an api:Notification.')
  const all = (name: string): readonly string[] => (node.properties.get(API + name)?.values ?? []).flatMap((value) => (value.kind === 'literal' ? [String(value.value)] : linksOf(value)))
  const optional = (name: string): string | null => {
    const values = all(name)
    if (values.length > 1) throw invalidBody(`api:${name} is given more than once.`, { property: API + name })
    return values[0] ?? null
  }
  const given = optional('hasEventType')
  if (given === null) throw invalidBody('api:Notification needs api:hasEventType.', { property: `${API}hasEventType` })
  const eventType = given.slice(given.startsWith(API) ? API.length : 0)
  if (!EVENT_TYPES.has(eventType)) throw invalidBody(`${JSON.stringify(given)} is no api:NotificationEventType.`, { property: `${API}hasEventType` })
  return {
    eventType, object: optional('hasLogisticsObject'), objectType: optional('hasLogisticsObjectType'), changed: all('hasChangedProperty'),
    event: all('hasLogisticsEvent')[0] ?? null, triggeredBy: optional('isTriggeredBy'),
  }
}

const anyUri = (value: string) => ({ '@type': `${XSD}anyURI`, '@value': value })

/** The document that is sent. `body`: the object's own document, in the place of its address. */
export const notificationBody = ({ eventType, object, objectType, changed, event, triggeredBy }: Notification, body: Readonly<Record<string, unknown>> | null = null): Buffer =>
  Buffer.from(JSON.stringify({
    '@context': { api: API },
    '@type': 'api:Notification',
    'api:hasEventType': { '@id': `api:${eventType}` },
    ...(object === null ? {} : { 'api:hasLogisticsObject': body ?? { '@id': object } }),
    ...(objectType === null ? {} : { 'api:hasLogisticsObjectType': anyUri(objectType) }),
    ...(changed.length === 0 ? {} : { 'api:hasChangedProperty': changed.map(anyUri) }),
    ...(event === null ? {} : { 'api:hasLogisticsEvent': { '@id': event } }),
    ...(triggeredBy === null ? {} : { 'api:isTriggeredBy': { '@id': triggeredBy } }),
  }))
