import type { Method } from '../http/router.ts'

/** Names of query parameters, with what they are (document.ts). */
export type QueryName =
  | 'at' | 'embedded' | 'revision' | 'updated-from' | 'updated-to' | 'status' | 'event-code' | 'created-after' | 'created-before' | 'occurred-after' | 'occurred-before' | 'sort' | 'limit' | 'skip'
  | 'topic' | 'topicType' | 'cursor' | 'type' | 'code' | 'identifier' | 'text' | 'object' | 'requested-by' | 'format' | 'history' | 'public' | 'agent' | 'unread' | 'after'

/**
 * What one endpoint does. `who`: may ask at all; what an agent may see or do with one object is said by grants. `sends`: class of
 * the JSON-LD that it takes, or what else. `gives`: its success and, if it has a body, class or media type.
 */
export type Operation = {
  readonly path: string
  readonly method: Method
  readonly summary: string
  readonly who: 'anybody' | 'agent' | 'holder'
  readonly query?: readonly QueryName[]
  readonly sends?: string
  readonly status: 200 | 201 | 204 | 207
  readonly gives?: string
  readonly headers?: readonly ('Location' | 'Type' | 'Revision' | 'Latest-Revision' | 'Last-Modified' | 'ETag')[]
}

type Told = Omit<Operation, 'path' | 'method'>
const at = (path: string, by: Readonly<Partial<Record<Method, Told>>>): readonly Operation[] =>
  Object.entries(by).map(([method, told]) => ({ path, method: method as Method, ...told }))

const OBJECT: Told = { summary: 'A logistics object, as it is, as it was, or with those it links to', who: 'agent', query: ['at', 'embedded', 'revision'], status: 200, gives: 'cargo:LogisticsObject', headers: ['Location', 'Type', 'Revision', 'Latest-Revision', 'Last-Modified', 'ETag'] }
const EVENTS: Told = { summary: 'Logistics events of an object, filtered, sorted, by pages', who: 'agent', query: ['event-code', 'created-after', 'created-before', 'occurred-after', 'occurred-before', 'sort', 'limit', 'skip'], status: 200, gives: 'api:Collection', headers: ['Type', 'Last-Modified'] }
const REQUEST: Told = { summary: 'An action request', who: 'agent', status: 200, gives: 'api:ActionRequest', headers: ['Location', 'Type', 'Last-Modified'] }
const DOCUMENT: Told = { summary: 'A document of a logistics object, whole or a range of it', who: 'agent', status: 200, gives: '*/*', headers: ['Last-Modified', 'ETag'] }
const list = (summary: string, ...query: readonly QueryName[]): Told => ({ summary, who: 'holder', query, status: 200, gives: 'application/json' })
const done = (summary: string): Told => ({ summary, who: 'holder', status: 204 })
const sent = (summary: string, status: 200 | 201 | 204 = 204): Told => ({ summary, who: 'holder', sends: 'application/json', status, ...(status === 204 ? {} : { gives: 'application/json' }) })
const discovery: Told = { summary: 'Where and how this server gives tokens', who: 'anybody', status: 200, gives: 'application/json' }
const requested = (summary: string, sends: string): Told => ({ summary, who: 'agent', sends, status: 201, headers: ['Location', 'Type'] })

/** The standard's endpoints. */
const STANDARD: readonly Operation[] = [
  ...at('', { GET: { summary: 'What this server is and supports', who: 'agent', status: 200, gives: 'api:ServerInformation', headers: ['Type', 'Last-Modified', 'ETag'] } }),
  ...at('logistics-objects', { POST: { summary: 'Create a logistics object; nested ones become objects of their own', who: 'holder', sends: 'cargo:LogisticsObject', status: 201, headers: ['Location', 'Type', 'Revision', 'Latest-Revision'] } }),
  ...at('logistics-objects/{id}', { GET: OBJECT, HEAD: OBJECT, PATCH: requested('Request a change', 'api:Change'), POST: requested('Request that something be looked into', 'api:Verification') }),
  ...at('logistics-objects/{id}/audit-trail', { GET: { summary: 'Action requests of an object', who: 'agent', query: ['updated-from', 'updated-to', 'status', 'after'], status: 200, gives: 'api:AuditTrail', headers: ['Type', 'Last-Modified', 'Latest-Revision'] } }),
  ...at('logistics-objects/{id}/logistics-events', { GET: EVENTS, HEAD: EVENTS, POST: requested('Record a logistics event', 'cargo:LogisticsEvent') }),
  ...at('logistics-objects/{id}/logistics-events/{event}', { GET: { summary: 'A logistics event', who: 'agent', status: 200, gives: 'cargo:LogisticsEvent', headers: ['Type', 'Last-Modified'] } }),
  ...at('logistics-events', { POST: { summary: 'Record a logistics event of several objects', who: 'agent', sends: 'cargo:LogisticsEvent', status: 207, gives: 'api:MultiStatusResponse' } }),
  ...at('action-requests/{id}', { GET: REQUEST, HEAD: REQUEST, PATCH: { summary: 'Decide an action request', who: 'holder', query: ['status'], status: 204, headers: ['Location', 'Type'] }, DELETE: { summary: 'Revoke an action request', who: 'agent', status: 204 } }),
  ...at('subscriptions', { GET: { summary: 'What this server would subscribe to', who: 'agent', query: ['topic', 'topicType'], status: 200, gives: 'api:Subscription' }, POST: requested('Request a subscription', 'api:Subscription') }),
  ...at('notifications', { POST: { summary: 'Be told of something', who: 'agent', sends: 'api:Notification', status: 204 } }),
  ...at('access-delegations', { POST: requested('Request access for another organisation', 'api:AccessDelegation') }),
]

/** Beyond the standard: documents, tokens, and all that is the holder's. */
const BEYOND: readonly Operation[] = [
  ...at('logistics-objects/{id}/documents', { GET: { ...list('Documents of a logistics object', 'limit', 'cursor'), who: 'agent' } }),
  ...at('logistics-objects/{id}/documents/{name}', { GET: DOCUMENT, HEAD: DOCUMENT, PUT: { summary: 'Keep a document', who: 'agent', sends: '*/*', status: 201, headers: ['Location', 'ETag'] }, DELETE: { summary: 'Delete a document', who: 'agent', status: 204 } }),
  ...at('oauth2/token', { POST: { summary: 'A token for a client (RFC 6749, section 4.4)', who: 'anybody', sends: 'application/x-www-form-urlencoded', status: 200, gives: 'application/json' } }),
  ...at('.well-known/jwks.json', { GET: { ...discovery, summary: 'Keys that tokens of this server are signed with' } }),
  ...at('.well-known/openid-configuration', { GET: discovery }), ...at('.well-known/oauth-authorization-server', { GET: discovery }),
  ...at('openapi.json', { GET: { ...discovery, summary: 'This document' } }),
  ...at('holder/objects', { GET: list('Find logistics objects', 'type', 'code', 'identifier', 'text', 'limit', 'cursor') }),
  ...at('holder/action-requests', { GET: list('Find action requests', 'status', 'type', 'object', 'requested-by', 'limit', 'cursor') }),
  ...at('holder/usage', { GET: list('What the record holds, and may hold') }),
  ...at('holder/erasures', { GET: list('Erasures'), POST: sent('Erase the content of an object', 201) }),
  ...at('holder/export', { GET: { ...list('The whole record', 'format', 'history'), gives: '*/*' } }),
  ...at('holder/import', { POST: { ...sent('Take in what another server exported', 200), sends: '*/*' } }),
  ...at('holder/grants', { GET: list('Who may what', 'object', 'agent', 'public', 'limit', 'cursor'), POST: sent('Grant access', 201) }),
  ...at('holder/grants/{id}', { GET: list('A grant'), DELETE: done('End a grant') }),
  ...at('holder/groups', { GET: list('Groups of agents', 'limit', 'cursor') }),
  ...at('holder/groups/{name}', { GET: list('A group'), PUT: sent('Make or replace a group'), DELETE: done('Delete a group') }),
  ...at('holder/partners', { GET: list('Partners', 'limit', 'cursor'), POST: sent('Add or replace a partner', 201) }),
  ...at('holder/partners/{uri}', { GET: list('A partner'), DELETE: done('Delete a partner') }),
  ...at('holder/clients', { GET: list('Clients of the token endpoint', 'limit', 'cursor'), POST: sent('Make a client; its secret is shown once', 201) }),
  ...at('holder/clients/{id}', { GET: list('A client'), DELETE: done('Delete a client') }),
  ...at('holder/clients/{id}/secret', { POST: { ...list('Give a client another secret'), query: [] } }),
  ...at('holder/inbox', { GET: list('Notifications received', 'unread', 'limit', 'cursor'), PATCH: sent('Mark notifications as read') }),
  ...at('holder/inbox/{id}', { GET: list('A notification received') }),
  ...at('holder/outbox', { GET: list('Notifications owed', 'limit', 'cursor') }), ...at('holder/outbox/retry', { POST: sent('Try to deliver at once', 200) }),
  ...at('holder/dead-letters', { GET: list('Notifications given up', 'limit', 'cursor') }),
  ...at('holder/dead-letters/replay', { POST: sent('Deliver them after all', 200) }), ...at('holder/dead-letters/discard', { POST: sent('Give them up for good', 200) }),
  ...at('holder/announcements', { POST: sent('Tell a partner that an object is there', 201) }),
  ...at('holder/wishes', { GET: list('What this server answers whoever asks for its subscriptions'), PUT: sent('Set it') }),
  ...at('holder/subscription-offers', { POST: sent('Ask a partner what it would subscribe to', 201) }),
  ...at('holder/connections', { GET: list('How partners are reached', 'agent', 'limit', 'cursor'), PUT: sent('Set how a partner is reached'), DELETE: { ...done('Forget it'), query: ['agent'] } }),
]

/** Every endpoint that is served, described; a test holds this against the routes of a running server. */
export const OPERATIONS: readonly Operation[] = [...STANDARD, ...BEYOND]
