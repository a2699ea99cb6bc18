import * as z from 'zod/mini'
import { PERMISSIONS } from '../access/port.ts'
import { REQUEST_TYPES, STATUSES, type RequestType } from '../requests/states.ts'
import { SUBSCRIPTION_EVENTS } from '../subscriptions/subscription.ts'

// what the holder's API answers: strict, so that a test of any answer finds a field that nobody described

const text = z.string()
const time = z.iso.datetime()
const count = z.int().check(z.minimum(0))
const orNull = <S extends z.ZodMiniType>(schema: S) => z.nullable(schema)

/** A page of a list; `next`: address of the page after it. */
const page = <S extends z.ZodMiniType>(item: S) => z.strictObject({ items: z.array(item), next: orNull(text) })

export const objectsAnswer = page(z.strictObject({ id: text, url: text, type: text, revision: count, createdAt: time, changedAt: time }))

const requestTypes = Object.keys(REQUEST_TYPES) as [RequestType, ...RequestType[]]
export const requestsAnswer = page(z.strictObject({
  id: text, url: text, type: z.enum(requestTypes), status: z.enum(STATUSES), logisticsObject: orNull(text), requestedBy: text, requestedAt: time,
}))

export const usageAnswer = z.strictObject({
  objects: count, bytes: count,
  limits: z.strictObject({ storedBytes: count, objects: count, bodyBytes: count, documentBytes: count, requestsPerMinute: count }),
})

export const erasureAnswer = z.strictObject({ id: text, logisticsObject: text, type: text, revisions: count, erasedAt: time, erasedBy: text, isGoneFromStore: z.boolean() })
export const erasuresAnswer = page(erasureAnswer)

export const importAnswer = z.strictObject({
  created: count, revised: count, kept: count, left: count, refused: count, events: count,
  problems: z.array(z.strictObject({ line: count, logisticsObject: orNull(text), status: count, message: text })),
})

export const grantAnswer = z.strictObject({
  id: text, url: text, object: text, agent: z.optional(text), group: z.optional(text), public: z.optional(z.literal(true)),
  permissions: z.array(z.enum(PERMISSIONS)), since: time, expiresAt: orNull(time), expired: z.boolean(), request: orNull(text),
})
export const grantsAnswer = page(grantAnswer)
export const grantedAnswer = z.strictObject({ items: z.array(grantAnswer) })

export const groupAnswer = z.strictObject({ name: text, members: z.array(text) })
export const groupsAnswer = page(z.strictObject({ name: text, members: count }))

export const partnerAnswer = z.strictObject({ uri: text, name: text, issuer: orNull(text), jwksUri: orNull(text), since: time })
export const partnersAnswer = page(partnerAnswer)

const client = { id: text, name: text, agent: text, createdAt: time, rotatedAt: time }
export const clientAnswer = z.strictObject(client)
export const clientsAnswer = page(clientAnswer)
/** Shown once. */
export const secretAnswer = z.strictObject({ ...client, secret: text, tokenEndpoint: text })

export const inboxAnswer = page(z.strictObject({
  id: text, sender: text, receivedAt: time, isRead: z.boolean(), eventType: text, object: orNull(text), objectType: orNull(text), event: orNull(text), triggeredBy: orNull(text),
}))
export const markedAnswer = z.strictObject({ marked: count })

const owed = { id: text, agent: text, eventType: text, object: orNull(text), subscription: orNull(text), sendBody: z.boolean(), at: time }
export const outboxAnswer = page(z.strictObject({ ...owed, failures: count, dueAt: orNull(time), reason: orNull(text) }))
export const deadLettersAnswer = page(z.strictObject({ ...owed, reason: text, diedAt: time }))
export const countAnswer = z.strictObject({ count })

const TOPIC_TYPES = ['LOGISTICS_OBJECT_TYPE', 'LOGISTICS_OBJECT_IDENTIFIER'] as const
const wanted = { topicType: z.enum(TOPIC_TYPES), topic: text, events: z.array(z.enum(SUBSCRIPTION_EVENTS)), sendBody: z.boolean(), notifyStatus: z.boolean() }
export const subscriptionsAnswer = page(z.strictObject({ request: text, subscriber: text, ...wanted, since: time, expiresAt: orNull(time) }))
export const wishesAnswer = z.strictObject({ wishes: orNull(z.array(z.strictObject(wanted))) })
export const offersAnswer = z.strictObject({ requests: z.array(text) })

export const connectionsAnswer = page(z.strictObject({
  agent: text, endpoint: orNull(text), server: orNull(text), acceptsSubscriptions: z.boolean(),
  credentials: orNull(z.strictObject({ tokenEndpoint: text, clientId: text, scope: orNull(text) })),
}))

export const documentsAnswer = page(z.strictObject({ name: text, url: text, mediaType: text, bytes: count, sha256: text, at: time }))

/** RFC 6749, section 5.1. */
export const tokenAnswer = z.strictObject({ access_token: text, token_type: z.literal('Bearer'), expires_in: count })
/** RFC 7517. */
export const keysAnswer = z.strictObject({ keys: z.array(z.strictObject({ kty: text, crv: text, x: text, y: text, kid: text, alg: z.literal('ES256'), use: z.literal('sig') })) })
/** OpenID Connect Discovery 1.0, section 3; RFC 8414. */
export const discoveryAnswer = z.strictObject({
  issuer: text, token_endpoint: text, jwks_uri: text, grant_types_supported: z.array(text), token_endpoint_auth_methods_supported: z.array(text), response_types_supported: z.array(text),
  subject_types_supported: z.array(text), id_token_signing_alg_values_supported: z.array(text), claims_supported: z.array(text),
})
/** OpenAPI 3.1. */
export const openApiAnswer = z.looseObject({ openapi: text })
