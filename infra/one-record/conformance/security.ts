import { page } from './requirement.ts'

const OF_THE_EDGE = 'TLS is the edge\'s: it ends there, before a request reaches this server (infra/edge).'

/** Who may ask, and for what. */
export const SECURITY = [
  ...page('ACL', 'Access Control', [
    [1, 'MUST', 'Guidelines', 'Access is given by object.'],
    [2, 'MUST', 'Guidelines', 'The four permissions: to read and to change an object, to read and to add its events.'],
    [3, 'MUST', 'Guidelines', 'Without a permission the answer is 403.'],
    [4, 'MUST', 'Authorization', 'Permissions for one agent, and for every authenticated one.', { shown: ['by one agent, by a group as long as it is in it, by all'] }],
    [5, 'RECOMMENDED', 'Authorization', 'Permissions for groups.', { shown: ['by one agent, by a group as long as it is in it, by all'] }],
  ]),
  ...page('SEC', 'Authentication', [
    [1, 'MUST', 'JSON Web Token', 'Tokens are as described: signed, with iss, exp and logistics_agent_uri.', { shown: ['a token is taken signed by', 'a token is refused'] }],
    [2, 'MUST', 'JSON Web Token', 'A token is of no use from its exp on.', { shown: ['within a minute of its begin and end, since clocks differ'] }],
    [3, 'MUST', 'Process', '401 for a token that is missing, has expired or is not valid.'],
    [4, 'MUST', 'Identity provider', 'A key set has its keys in an array.'],
    [5, 'MUST', 'Token endpoint', 'One of the listed statuses answers a request for a token.'],
    [6, 'MUST', 'Transport layer', 'Every endpoint is behind TLS.', { reason: OF_THE_EDGE }],
    [7, 'MUST', 'Transport layer', 'TLS 1.2 or newer, and nothing older.', { reason: OF_THE_EDGE }],
    [8, 'RECOMMENDED', 'Transport layer', 'Mutual TLS for highly sensitive data.', { reason: 'Left to who runs an edge for such data; the standard itself calls it of limited use in the open ecosystem.' }],
  ]),
]
