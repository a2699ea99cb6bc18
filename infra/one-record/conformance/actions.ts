import { page } from './requirement.ts'

/** Action requests and verifications. */
export const ACTIONS = [
  ...page('REQ', 'Action Requests', [
    [1, 'MUST', 'Guidelines', 'Only the requestor and the holder revoke.'],
    [2, 'MUST', 'Guidelines', 'hasRequestStatus is the current status; in 2.3.0 hasRequestStatusSince says since when.'],
    [3, 'MUST NOT', 'Guidelines', 'The history of statuses has the current one.', { only: '2.3.0' }],
    [4, 'SHOULD', 'Guidelines', 'Each change of status appends the one before to the history, and entries stay as they are.', { only: '2.3.0' }],
    [5, 'MUST', 'Guidelines', 'What goes wrong after it was accepted makes it REQUEST_FAILED, since then.'],
    [6, 'MUST', 'Guidelines', 'A request is at its URI for who may see it, its requestor among them.'],
    [7, 'MUST', 'Guidelines', 'Only the holder accepts, rejects and acknowledges.'],
    [8, 'SHOULD', 'Guidelines', 'The holder\'s own request is accepted and processed at once.'],
    [9, 'MUST', 'Guidelines', 'Changes and verifications are revoked only while they are pending.'],
    [10, 'MUST', 'Get Action Request', '200 with Content-Type, Content-Language, Type and Last-Modified.'],
    [11, 'MUST', 'Get Action Request', 'The listed statuses: 401, 403, 404.'],
    [12, 'MUST', 'Update Action Request', 'The parameter status: 204 with Location and Type.'],
    [13, 'MUST', 'Update Action Request', 'Else an Error; statuses 400, 401, 403, 404.'],
    [14, 'MUST', 'Revoke Action Request', 'DELETE: 204; 401, 403, 404, and 422 in a state that forbids it.'],
    [15, 'MUST', 'Get Action Request metadata', 'Last-Modified moves with every update.'],
    [16, 'MUST', 'Get Action Request metadata', 'HEAD answers as GET does, without a body.'],
    [17, 'MUST', 'Data model', 'A revoked request is REQUEST_REVOKED, with isRevokedBy and isRevokedAt.'],
    [18, 'MUST', 'Data model', 'isRequestedBy, isRequestedAt and what is asked for are in it, whatever its class.'],
    [19, 'MUST', 'Subscription Requests', 'A subscription request has a URI that the subscriber can read.'],
  ]),
  ...page('VER', 'Verifications', [
    [1, 'MUST', 'Request a verification', '201 with Location and Type.'],
    [2, 'MUST', 'Request a verification', 'Else an Error with ErrorDetail; statuses 400, 401, 403, 404, 415.'],
  ]),
]
