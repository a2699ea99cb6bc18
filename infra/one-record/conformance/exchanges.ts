import { page } from './requirement.ts'

const OF_THE_EDGE = 'TLS is the edge\'s: it ends there, before a request reaches this server (infra/edge).'

/** Subscriptions, notifications, access delegations. */
export const EXCHANGES = [
  ...page('SUB', 'Subscriptions', [
    [1, 'MUST', 'Guidelines', 'A subscription does not change after it was made.'],
    [2, 'MUST', 'Guidelines', 'To have another it is revoked and a new one made.', { shown: ['it is a request of its own, immutable, and the same is not taken twice until it has ended'] }],
    [3, 'MUST', 'Guidelines', 'Delivery is guaranteed: kept until the subscriber has confirmed it.', { shown: ['each change arrives once, in order, although deliveries are cut'] }],
    [4, 'RECOMMENDED', 'Guidelines', 'A queue for each subscriber, kept by the publisher.', { shown: ['who takes deliveries slowly delays nobody else'] }],
    [5, 'MUST', 'Publisher-initiated', 'A subscription to an object that exists already is possible.', { shown: ['an offer becomes an accepted subscription, which the subscriber can see and revoke'] }],
    [6, 'MUST', 'Publisher-initiated', 'A proposal for one object asks with topicType LOGISTICS_OBJECT_IDENTIFIER.', { shown: ['an offer becomes an accepted subscription, which the subscriber can see and revoke'] }],
    [7, 'MUST', 'Guidelines', 'The subscriber can read its subscription request and revoke it.'],
    [8, 'MUST', 'Guidelines', 'Who was not there is told again later.', { shown: ['while A is away what it is owed waits and says why'] }],
    [9, 'MUST', 'Get Subscription information', 'topicType and topic are supported, and topic is a URI.'],
    [10, 'MUST', 'Get Subscription information', '200 with Content-Type and Content-Language.', { shown: ['the subscriber says what it wants, until its holder says otherwise'] }],
    [11, 'MUST', 'Get Subscription information', 'The listed statuses: 400, 401.'],
    [12, 'MUST', 'Subscribe', '201 with Location and Type.'],
    [13, 'MUST', 'Subscribe', 'The listed statuses: 400, 401, 415.'],
    [14, 'MUST', 'Unsubscribe', 'Revoking the subscription request ends the subscription.', { shown: ['between its commit and its delivery is not sent'] }],
    [15, 'MUST', 'Notifications', 'What happens behind a subscriber\'s endpoint is its own.', { reason: 'It says what a publisher may assume; nothing is to be done.' }],
  ]),
  ...page('NOT', 'Notifications', [
    [1, 'MUST', 'Guidelines', 'An endpoint takes notifications of any authenticated client: 204.'],
    [2, 'MUST', 'Guidelines', 'It takes a Notification and nothing else.'],
    [3, 'MUST', 'Guidelines', 'It speaks HTTP 1.1.'],
    [4, 'MUST', 'Guidelines', 'It supports TLS 1.2.', { reason: OF_THE_EDGE }],
    [5, 'MUST', 'Response', 'One of the listed statuses: 400, 401, 405, 415.'],
    [6, 'SHOULD', 'Data model', 'hasLogisticsEvent is there only where an event was received.'],
  ]),
  ...page('DEL', 'Access Delegations', [
    [1, 'MUST', 'Guidelines', 'The requestor can read its request and revoke it.'],
    [2, 'MUST', 'Request access delegation', '201 with Location and Type.'],
    [3, 'MUST', 'Request access delegation', 'The listed statuses: 400, 401, 415.'],
    [4, 'MUST', 'Trust chain', 'Who loses the access loses it for those it gave it to.', { shown: ['is revoked behind it, requests and access, and holds before it'] }],
  ]),
]
