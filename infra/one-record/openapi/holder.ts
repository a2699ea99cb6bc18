import { newClientSchema } from '../access/clients/api.ts'
import { newGrantsSchema } from '../access/grants/api.ts'
import { groupSchema } from '../access/groups/api.ts'
import { partnerSchema } from '../access/partners/api.ts'
import { erasureSchema } from '../holder/erasure-endpoints.ts'
import { markSchema } from '../notifications/holder-inbox.ts'
import { announcementSchema, chosenSchema, retrySchema } from '../notifications/holder-outbox.ts'
import { connectionSchema } from '../remote/routes.ts'
import { offerSchema } from '../subscriptions/offer.ts'
import { wishesSchema } from '../subscriptions/wishes.ts'
import * as answers from './answers.ts'
import { bytes, json, linkedData, type Declarations } from './declaration.ts'
import { exported } from './examples.ts'

const holder = 'holder'

/** What is the holder's alone. Bodies are the schemas that they are parsed with. */
export const HOLDER = {
  'GET /holder/objects': { summary: 'Find logistics objects', who: holder, query: ['type', 'code', 'identifier', 'text', 'limit', 'cursor'], status: 200, gives: json(answers.objectsAnswer) },
  'GET /holder/action-requests': { summary: 'Find action requests', who: holder, query: ['status', 'type', 'object', 'requested-by', 'limit', 'cursor'], status: 200, gives: json(answers.requestsAnswer) },
  'GET /holder/usage': { summary: 'What the record holds, and may hold', who: holder, status: 200, gives: json(answers.usageAnswer) },
  'GET /holder/erasures': { summary: 'Erasures', who: holder, query: ['limit', 'cursor'], status: 200, gives: json(answers.erasuresAnswer) },
  'POST /holder/erasures': { summary: 'Erase the content of an object', who: holder, sends: json(erasureSchema, ({ object }) => ({ logisticsObject: object })), status: 201, or: 200, gives: json(answers.erasureAnswer) },
  'GET /holder/export': { summary: 'The whole record', who: holder, query: ['format', 'history'], status: 200, gives: bytes('*/*'), headers: ['Content-Disposition'] },
  'POST /holder/import': { summary: 'Take in what another server exported', who: holder, sends: bytes('application/x-ndjson', (scene) => ({ type: 'application/x-ndjson', body: `${JSON.stringify(exported(scene))}\n` })), status: 200, gives: json(answers.importAnswer) },

  'GET /holder/grants': { summary: 'Who may what', who: holder, query: ['object', 'agent', 'group', 'public', 'limit', 'cursor'], status: 200, gives: json(answers.grantsAnswer) },
  'POST /holder/grants': { summary: 'Grant access', who: holder, sends: json(newGrantsSchema, ({ object, partner }) => ({ objects: [object], permissions: ['GET_LOGISTICS_OBJECT', 'GET_LOGISTICS_EVENT'], agent: partner, expiresAt: '2099-01-01T00:00:00Z' })), status: 201, gives: json(answers.grantedAnswer) },
  'GET /holder/grants/{id}': { summary: 'A grant', who: holder, status: 200, gives: json(answers.grantAnswer) },
  'DELETE /holder/grants/{id}': { summary: 'End a grant', who: holder, status: 204 },
  'GET /holder/groups': { summary: 'Groups of agents', who: holder, query: ['limit', 'cursor'], status: 200, gives: json(answers.groupsAnswer) },
  'GET /holder/groups/{name}': { summary: 'A group', who: holder, status: 200, gives: json(answers.groupAnswer) },
  'PUT /holder/groups/{name}': { summary: 'Make or replace a group', who: holder, sends: json(groupSchema, ({ partner }) => ({ members: [partner] })), status: 200, gives: json(answers.groupAnswer) },
  'DELETE /holder/groups/{name}': { summary: 'Delete a group', who: holder, status: 204 },
  'GET /holder/partners': { summary: 'Partners', who: holder, query: ['limit', 'cursor'], status: 200, gives: json(answers.partnersAnswer) },
  'POST /holder/partners': { summary: 'Add or replace a partner', who: holder, sends: json(partnerSchema, ({ partner }) => ({ uri: partner, name: 'A carrier', issuer: new URL(partner).origin, jwksUri: null })), status: 201, or: 200, gives: json(answers.partnerAnswer), headers: ['Location'] },
  'GET /holder/partners/{uri}': { summary: 'A partner', who: holder, status: 200, gives: json(answers.partnerAnswer) },
  'DELETE /holder/partners/{uri}': { summary: 'Delete a partner', who: holder, status: 204 },
  'GET /holder/clients': { summary: 'Clients of the token endpoint', who: holder, query: ['limit', 'cursor'], status: 200, gives: json(answers.clientsAnswer) },
  'POST /holder/clients': { summary: 'Make a client; its secret is shown once', who: holder, sends: json(newClientSchema, ({ partner }) => ({ name: 'A carrier', agent: partner })), status: 201, gives: json(answers.secretAnswer), headers: ['Location'] },
  'GET /holder/clients/{id}': { summary: 'A client', who: holder, status: 200, gives: json(answers.clientAnswer) },
  'DELETE /holder/clients/{id}': { summary: 'Delete a client', who: holder, status: 204 },
  'POST /holder/clients/{id}/secret': { summary: 'Give a client another secret', who: holder, status: 200, gives: json(answers.secretAnswer) },

  'GET /holder/inbox': { summary: 'Notifications received', who: holder, query: ['unread', 'limit', 'cursor'], status: 200, gives: json(answers.inboxAnswer) },
  'PATCH /holder/inbox': { summary: 'Mark notifications as read', who: holder, sends: json(markSchema, () => ({ ids: [], isRead: true })), status: 200, gives: json(answers.markedAnswer) },
  'GET /holder/inbox/{id}': { summary: 'A notification received, as it came', who: holder, status: 200, gives: linkedData('api:Notification') },
  'GET /holder/outbox': { summary: 'Notifications owed', who: holder, query: ['limit', 'cursor'], status: 200, gives: json(answers.outboxAnswer) },
  'POST /holder/announcements': { summary: 'Tell agents that an object is there', who: holder, sends: json(announcementSchema, ({ object, partner }) => ({ object, to: [partner] })), status: 204 },
  'POST /holder/outbox/retry': { summary: 'Try to deliver at once', who: holder, sends: json(retrySchema, ({ partner }) => ({ agent: partner })), status: 204 },
  'GET /holder/dead-letters': { summary: 'Notifications given up', who: holder, query: ['limit', 'cursor'], status: 200, gives: json(answers.deadLettersAnswer) },
  'POST /holder/dead-letters/replay': { summary: 'Deliver them after all', who: holder, sends: json(chosenSchema, () => ({ all: true })), status: 200, gives: json(answers.countAnswer) },
  'POST /holder/dead-letters/discard': { summary: 'Give them up for good', who: holder, sends: json(chosenSchema, () => ({ ids: [] })), status: 200, gives: json(answers.countAnswer) },
  'GET /holder/subscriptions': { summary: 'Who is told what at present', who: holder, query: ['limit', 'cursor'], status: 200, gives: json(answers.subscriptionsAnswer) },
  'GET /holder/wishes': { summary: 'What this server answers whoever asks for its subscriptions', who: holder, status: 200, gives: json(answers.wishesAnswer) },
  'PUT /holder/wishes': { summary: 'Set it', who: holder, sends: json(wishesSchema, () => ({ wishes: [{ topicType: 'LOGISTICS_OBJECT_TYPE', topic: 'https://onerecord.iata.org/ns/cargo#Shipment' }] })), status: 204 },
  'POST /holder/subscription-offers': { summary: 'Ask a partner what it would subscribe to', who: holder, sends: json(offerSchema, ({ object, partner }) => ({ to: partner, topicType: 'LOGISTICS_OBJECT_IDENTIFIER', topic: object })), status: 201, gives: json(answers.offersAnswer), headers: ['Location'] },
  'GET /holder/connections': { summary: 'How partners are reached', who: holder, query: ['limit', 'cursor'], status: 200, gives: json(answers.connectionsAnswer) },
  'PUT /holder/connections': { summary: 'Set how a partner is reached', who: holder, sends: json(connectionSchema, ({ partner }) => ({ agent: partner, credentials: { tokenEndpoint: `${new URL(partner).origin}/token`, clientId: 'an id', secret: 'its secret' } })), status: 204 },
  'DELETE /holder/connections': { summary: 'Forget it', who: holder, requires: ['agent'], status: 204 },
} as const satisfies Declarations
