import { linkedData, linkedDataLike, type Declarations } from './declaration.ts'
import * as examples from './examples.ts'

const OBJECT = { summary: 'A logistics object, as it is, as it was, or with those it links to', who: 'agent', needs: 'GET_LOGISTICS_OBJECT', query: ['at', 'embedded', 'revision'], status: 200, gives: linkedData('cargo:LogisticsObject'), headers: ['Location', 'Type', 'Revision', 'Latest-Revision', 'Last-Modified', 'ETag'] } as const
const EVENTS = { summary: 'Logistics events of an object, filtered, sorted, by pages', who: 'agent', needs: 'GET_LOGISTICS_EVENT', query: ['event-code', 'created-after', 'created-before', 'occurred-after', 'occurred-before', 'sort', 'limit', 'skip'], status: 200, gives: linkedData('api:Collection', 'api:Collection'), headers: ['Type', 'Last-Modified'] } as const
const REQUEST = { summary: 'An action request', who: 'agent', status: 200, gives: linkedData('api:ActionRequest', 'api:ChangeRequest', 'api:SubscriptionRequest', 'api:AccessDelegationRequest', 'api:VerificationRequest'), headers: ['Type', 'Last-Modified'] } as const
const MADE = { status: 201, headers: ['Location', 'Type'] } as const

/** The standard's endpoints (ONE Record API 2.3.0). */
export const STANDARD = {
  'GET /': { summary: 'What this server is and supports', who: 'agent', status: 200, gives: linkedData('api:ServerInformation', 'api:ServerInformation'), headers: ['Type', 'Last-Modified', 'ETag'] },
  'POST /logistics-objects': { summary: 'Create a logistics object; nested ones become objects of their own', who: 'holder', sends: linkedDataLike('cargo:LogisticsObject', examples.piece), status: 201, headers: ['Location', 'Type', 'Revision', 'Latest-Revision'] },
  'GET /logistics-objects/{id}': OBJECT,
  'HEAD /logistics-objects/{id}': OBJECT,
  'PATCH /logistics-objects/{id}': { summary: 'Request a change', who: 'agent', needs: 'PATCH_LOGISTICS_OBJECT', sends: linkedDataLike('api:Change', examples.change), ...MADE },
  'POST /logistics-objects/{id}': { summary: 'Request that something be looked into', who: 'agent', needs: 'GET_LOGISTICS_OBJECT', sends: linkedDataLike('api:Verification', examples.verification), ...MADE },
  'GET /logistics-objects/{id}/audit-trail': { summary: 'Action requests of an object', who: 'agent', needs: 'GET_LOGISTICS_OBJECT', query: ['updated-from', 'updated-to', 'status', 'after'], status: 200, gives: linkedData('api:AuditTrail', 'api:AuditTrail'), headers: ['Type', 'Last-Modified', 'Latest-Revision', 'Link'] },
  'GET /logistics-objects/{id}/logistics-events': EVENTS,
  'HEAD /logistics-objects/{id}/logistics-events': EVENTS,
  'POST /logistics-objects/{id}/logistics-events': { summary: 'Record a logistics event', who: 'agent', needs: 'POST_LOGISTICS_EVENT', sends: linkedDataLike('cargo:LogisticsEvent', examples.event), ...MADE },
  'GET /logistics-objects/{id}/logistics-events/{event}': { summary: 'A logistics event', who: 'agent', needs: 'GET_LOGISTICS_EVENT', status: 200, gives: linkedData('cargo:LogisticsEvent'), headers: ['Type', 'Last-Modified'] },
  'POST /logistics-events': { summary: 'Record a logistics event of several objects', who: 'agent', needs: 'POST_LOGISTICS_EVENT', sends: linkedDataLike('cargo:LogisticsEvent', examples.eventOfSeveral), status: 207, gives: linkedData('api:MultiStatusResponse', 'api:MultiStatusResponse') },
  'GET /action-requests/{id}': REQUEST,
  'HEAD /action-requests/{id}': REQUEST,
  'PATCH /action-requests/{id}': { summary: 'Decide an action request', who: 'holder', requires: ['status'], status: 204, headers: ['Location', 'Type'] },
  'DELETE /action-requests/{id}': { summary: 'Revoke an action request', who: 'agent', status: 204 },
  'GET /subscriptions': { summary: 'What this server would subscribe to', who: 'agent', requires: ['topic', 'topicType'], status: 200, gives: linkedData('api:Subscription', 'api:Subscription') },
  'POST /subscriptions': { summary: 'Request a subscription', who: 'agent', sends: linkedDataLike('api:Subscription', examples.subscription), ...MADE },
  'POST /notifications': { summary: 'Be told of something', who: 'agent', sends: linkedDataLike('api:Notification', examples.notification), status: 204 },
  'POST /access-delegations': { summary: 'Request access for another organisation', who: 'agent', sends: linkedDataLike('api:AccessDelegation', examples.delegation), ...MADE },
} as const satisfies Declarations
