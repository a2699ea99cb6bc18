import type { ErrorCode, ErrorDetails } from '../../../events/errors.ts'

/** What a problem means to whoever got it. `sample`: details for its example. */
export type ProblemText = { readonly happened: string; readonly remedy: string; readonly sample?: ErrorDetails }

const text = (happened: string, remedy: string, sample: ErrorDetails = {}): ProblemText => ({ happened, remedy, sample })
const AGAIN = 'Nothing: it passes. Ask again, after `Retry-After` where there is one; with an `Idempotency-Key` a repeat does nothing twice.'
const OPERATOR = 'Nothing you sent is wrong. Whoever runs the playground sees more in its log.'

/** Of every code of the catalogue: one that is missing does not compile. */
export const PROBLEM_TEXTS: Readonly<Record<ErrorCode, ProblemText>> = {
  // what was sent
  MALFORMED_JSON: text('The body says it is JSON and cannot be parsed.', 'Send one whole JSON document; the detail says where parsing stopped.', { reason: 'Unexpected end of JSON input' }),
  INVALID_FIELD: text('A field, a parameter or a header has a value that cannot be.', 'Correct what `field` names, as the detail says.', { field: 'settings.pauseAfterSeconds', reason: 'Too small: expected number to be >=1' }),
  UNKNOWN_FIELD: text('A field or a query parameter is not known here. It is refused, so that a slip of the pen is not taken for consent.', 'Remove it or correct its name; the detail lists what is known.', { field: 'nmae', known: 'name, plan, settings' }),
  BODY_TOO_LARGE: text('The body is larger than what is taken here.', 'Send less. A ONE Record server\'s own limit is its setting `maxBodyBytes`.', { limit: 1_048_576 }),
  UNSUPPORTED_MEDIA_TYPE: text('The `Content-Type` of the body is not one that is read here.', 'Send JSON and say so: `Content-Type: application/json`.', { given: 'text/plain', expected: 'application/json' }),
  METHOD_NOT_ALLOWED: text('The path is right, the method is not.', 'Use one of those in the `Allow` header.', { method: 'PUT', path: '/q2fMZJ1xTq3Y', allowed: 'GET, HEAD, DELETE' }),
  NOT_FOUND: text('There is nothing at this path.', 'Compare the path with the [description of the API](/api/docs).', { path: '/q2fMZJ1xTq3Y/explode' }),

  // who sent it
  UNAUTHENTICATED: text('The request carries no operator token, or another one.', 'Send `Authorization: Bearer <token>`. The token was made at the first start; the README says which file it is in.'),
  BASIC_AUTH_REQUIRED: text('The gateway\'s own REST API was asked without its user and password.', 'Send basic authentication: `faas-cli login` does.'),
  NOT_PUBLIC: text('The function is one that reacts to events; nobody calls it.', 'Call a public function. To have it react, do what its events tell of.', { name: 'provision' }),
  UNSIGNED_DELIVERY: text('The function takes events from the dispatcher only, and the signature is missing, wrong or old.', 'Nothing calls it by hand. If the dispatcher itself is refused, the clocks or the signing keys of the parts differ.', { reason: 'no signature' }),

  // deployments
  NAME_INVALID: text('The name cannot be part of a host name.', 'Choose 1 to 63 of a-z, 0-9 and -, neither first nor last a -, or leave it out to get one.', { field: 'name', name: 'My_Server', reason: 'only a-z, 0-9 and - are possible' }),
  NAME_RESERVED: text('The name is kept for the platform.', 'Choose another name.', { field: 'name', name: 'www' }),
  NAME_TAKEN: text('Another deployment has this name.', 'Choose another name. If it was you a moment ago: the same `Idempotency-Key` would have given you the same deployment.', { field: 'name', name: 'demo' }),
  DEPLOYMENT_NOT_FOUND: text('No deployment has this id.', 'Look it up: `GET /api/deployments`. It is the id that counts here, not the name.', { id: 'q2fMZJ1xTq3Y' }),
  ILLEGAL_TRANSITION: text('What was asked is impossible in the state the deployment is in.', 'Read it again and wait until it is in one of the states that the detail names.', { name: 'demo', status: 'stopped', command: 'restart', allowed: 'running, paused, hibernated or failed' }),
  NOT_RUNNING: text('Only what runs can be put to sleep.', 'Nothing if it sleeps already; else start it first.', { name: 'demo', status: 'hibernated', participle: 'paused' }),
  DEPLOYMENT_DELETED: text('The deployment was deleted, for good.', 'Ask for a new one; its name is free.', { name: 'demo' }),
  STALE_REVISION: text('Somebody changed it since you read it.', 'Read it again, decide anew, and send the new `ETag` in `If-Match`.', { field: 'If-Match', given: '"1"', current: '"2"' }),
  IDEMPOTENCY_KEY_REUSED: text('The same `Idempotency-Key` came with another request before.', 'Use a new key for a new request, the same key only for the very same one.', { field: 'Idempotency-Key' }),

  // subscriptions
  SUBSCRIPTION_NOT_FOUND: text('No subscription has this id.', 'Look it up: `GET /api/subscriptions`.', { id: 'sV3rQy8kPz1n' }),
  SUBSCRIPTION_DELETED: text('The subscription was ended, for good.', 'Subscribe anew.', { id: 'sV3rQy8kPz1n' }),

  // the platform
  WRONG_EXPECTED_REVISION: text('Two requests changed the same thing at the same moment, again and again.', AGAIN, { stream: 'deployment.q2fMZJ1xTq3Y', actual: 3, expected: 2 }),
  DUPLICATE_EVENT_ID: text('Two different events would have had the same id.', OPERATOR, { id: 'Fh0nD2m1' }),
  ATOMIC_WRITES_UNSUPPORTED: text('The event store in use cannot write to several streams at once.', 'Run the playground on NATS JetStream 2.12 or later.', { store: 'This event store' }),
  STORE_UNAVAILABLE: text('The event store does not answer. What was sent may have been stored or not.', AGAIN, { reason: 'no answer within 5 seconds' }),
  STORAGE_FULL: text('The disk of the broker is full. What exists goes on; nothing new is written.', 'Ask again when there is room, or delete what is not needed.', { reason: 'insufficient storage resources', retryAfterSeconds: 30 }),
  NO_SLOT_FREE: text('Every slot on every node is taken.', AGAIN, { retryAfterSeconds: 5 }),
  AGENT_UNAVAILABLE: text('The agent of a node does not answer.', AGAIN, { node: 'agent-1', reason: 'no responders' }),
  EDGE_UNAVAILABLE: text('An edge does not answer.', AGAIN, { reason: 'no responders' }),
  CREDENTIALS_UNAVAILABLE: text('The service that gives slots their credentials does not answer.', AGAIN, { reason: 'no responders' }),
  CLAIM_UNKNOWN: text('The node knows nothing of this claim: it was released.', OPERATOR, { node: 'agent-1', claimId: 'q2fMZJ1xTq3Y-1' }),
  CLAIM_SUPERSEDED: text('A newer claim of the same deployment took its place.', OPERATOR, { claimId: 'q2fMZJ1xTq3Y-1' }),
  MISDIRECTED: text('A request reached the slot of another deployment, which refused it.', AGAIN),
  SLOT_UNAVAILABLE: text('The slot that should serve does not, for the moment.', AGAIN, { reason: 'its lease has ended' }),
  READ_MODEL_UNAVAILABLE: text('The database of the read models does not answer. Commands, and what is read by id, work without it.', AGAIN, { reason: 'connection refused' }),
  UNKNOWN_EVENT: text('An event has a type or version that this release does not know.', 'Update the part that did not know it; then redrive the event.', { type: 'DeploymentMoved', version: 2 }),
  MALFORMED_EVENT: text('An event does not have the shape its type says.', OPERATOR, { type: 'ClaimRequested', reason: 'at: Invalid ISO datetime' }),

  // dead letters
  LETTER_NOT_FOUND: text('No dead letter has this id.', 'Look it up: `GET /api/parked`.', { id: 'pLx0aT9uQm2v' }),
  LETTER_STATE: text('What was asked is impossible in the state the letter is in.', 'Read it again; the detail says in which states it is possible.', { letterId: 'pLx0aT9uQm2v', state: 'redriven', command: 'discard', allowed: 'parked', hint: 'it was delivered at last' }),

  // the edge
  MALFORMED_REQUEST: text('The request is not HTTP as RFC 9110 and RFC 9112 have it, or its path is not plain.', 'Send exactly one `Host` header and a path without dot segments.', { reason: 'its path has dots for segments' }),
  HOST_UNKNOWN: text('No deployment has this host name.', 'Look at its `url`: `GET /api/deployments`.', { host: 'demoo.localhost' }),
  DEPLOYMENT_STOPPED: text('Its owner stopped the deployment.', 'Ask its owner. If you are: `POST /api/deployments/<id>/start`.', { name: 'demo', reason: 'end of the season' }),
  DEPLOYMENT_FAILED: text('The deployment crashed again and again and is no longer started by itself.', 'Read why in its history (`GET /api/deployments/<id>/history`), then start it.', { name: 'demo', reason: 'it crashed 5 times within 10 minutes' }),
  NOT_AWAKE_IN_TIME: text('It slept, and did not wake while you waited.', AGAIN, { name: 'demo', seconds: 30 }),
  TOO_MANY_WAIT: text('So many requests wait for it to wake that no more are held.', AGAIN, { name: 'demo' }),
  SLOT_HUNG_UP: text('The server ended the connection before its answer was whole. What was sent may have been carried out or not.', 'Read before you repeat what changes something.', { name: 'demo' }),
  BACKEND_UNAVAILABLE: text('The part of the platform behind this address does not answer.', AGAIN),
  BACKEND_HUNG_UP: text('The part behind this address ended the connection. What was sent may have been carried out or not.', AGAIN),
  BACKEND_TIMEOUT: text('The part behind this address took too long. What was sent may have been carried out or not.', AGAIN),
  WAKE_QUOTA_OF_OWNER: text('Deployments of one owner were woken too often within a minute.', 'Come again after `Retry-After`; what runs answers meanwhile.', { name: 'demo', limit: 60, retryAfterSeconds: 60 }),
  WAKE_QUOTA_OF_ADDRESS: text('Your address came to too many different sleeping deployments within a minute.', 'Come again after `Retry-After`; what runs answers meanwhile.', { limit: 30, retryAfterSeconds: 60 }),
  CRAWLER_WAKES_NOBODY: text('The `User-Agent` is that of a crawler, and the deployment sleeps.', 'Leave it in peace: `/robots.txt` says so.'),

  // functions
  FUNCTION_NOT_FOUND: text('No function has this name in this namespace.', 'List them: `faas-cli list`.', { name: 'echo' }),
  FUNCTION_EXISTS: text('A function of this name is deployed already.', 'Update it (`PUT`), or remove it first.', { name: 'echo' }),
  FUNCTION_NOT_READY: text('The function is deployed and could not be started.', 'Read its log: `faas-cli logs <name>`.', { name: 'echo' }),
  FUNCTION_STARTING: text('The function is deployed, and none of its replicas could be reached while you waited. Nothing was done.', AGAIN, { name: 'echo', retryAfterSeconds: 5 }),
  FUNCTION_CROWDED: text('The function is being started, and as many calls as are held wait for it. Nothing was done.', AGAIN, { name: 'echo', retryAfterSeconds: 5 }),
  FUNCTION_INVALID: text('What was deployed cannot be loaded as a function.', 'Correct it as the detail says and deploy it again.', { reason: 'it has no default export that is a function' }),
  IMAGE_NOT_HELD: text('This gateway runs functions inside its own process, and does not hold the image.', 'Deploy one of the images that the detail lists.', { image: 'ghcr.io/openfaas/alpine', held: 'one-record-playground/deployments' }),
  IMAGE_NOT_FOUND: text('The registry does not have the image of the function, or does not give it to this cluster.', 'Push the image, or correct its name; a private registry needs its password in the cluster: see docs/gateway.md.', { image: 'registry.example.org/echo:1', reason: 'manifest unknown' }),
  HOST_UNAVAILABLE: text('Docker, which runs the functions, is away or has no leader.', 'Try again; if it stays so, see whether most managers of the Swarm are up.', { reason: 'connect ENOENT /var/run/docker.sock' }),
  NAMESPACE_NOT_FOUND: text('There is no such namespace.', 'List them: `GET /system/namespaces`.', { namespace: 'team-a' }),
  NAMESPACE_EXISTS: text('The namespace is there already.', 'Use it, or update it (`PUT`).', { namespace: 'team-a' }),
  NAMESPACE_IN_USE: text('The namespace is not empty, or is always there.', 'Remove what is in it first.', { namespace: 'team-a', reason: 'function echo is in it' }),
  SECRET_NOT_FOUND: text('There is no such secret in this namespace.', 'List them: `faas-cli secret list`.', { name: 'api-key', namespace: 'openfaas-fn' }),
  SECRET_EXISTS: text('The secret is there already.', 'Update it (`PUT`), or remove it first.', { name: 'api-key', namespace: 'openfaas-fn' }),
  SECRET_IN_USE: text('A function needs the secret.', 'Remove the function first, or update it to do without.', { name: 'api-key', functions: 'function echo' }),
  QUEUE_FULL: text('So many asynchronous calls wait that no more are taken.', AGAIN),
  REQUEST_TOO_SLOW: text('The request was not here whole in time.', 'Send it without long gaps.', { seconds: 60 }),
  TOO_MUCH_AT_ONCE: text('The bodies of all requests under way do not fit into memory. Nothing was done.', AGAIN, { retryAfterSeconds: 1 }),
  HEADERS_TOO_LARGE: text('The headers are larger than what is taken here.', 'Send fewer or shorter headers: cookies, mostly.', { limit: 16_384 }),
  EVENT_NOT_TAKEN: text('An event was delivered to a function that does not take its type.', 'Correct the annotation `events` of the function.', { name: 'idle', type: 'NameReserved', known: 'InstanceStarted, InstancePaused' }),
  NETWORKS_TAKEN: text('Each namespace of a cluster has a network to itself, and no more are left.', 'Remove a namespace, or give the gateways more networks: NAMESPACE_NETWORKS, see docs/gateway.md.', { count: 4 }),
  FUNCTION_FAILED: text('The function itself said that it failed, and why.', 'The detail is its own words. ' + AGAIN, { name: 'echo', reason: 'no disk left' }),
  FUNCTION_BUSY: text('A replica of the function has as many calls as it takes at the same time (`max_inflight`), and no other one took this.', AGAIN, { name: 'echo', limit: 8, retryAfterSeconds: 1 }),
  FUNCTION_TIMEOUT: text('The function did not answer in time. What was sent may have been carried out or not.', AGAIN, { name: 'deployments', seconds: 60 }),
  FUNCTION_BROKE_OFF: text('A replica of the function ended, or its node, while it had the call. It may have been carried out or not; a call that is safe to repeat (`GET`, `PUT`, `DELETE`) was made again elsewhere before this was said.', AGAIN, { name: 'echo' }),
  INTERNAL: text('Something happened that nobody foresaw.', 'Ask again; if it stays, give the call id to whoever runs the playground: the log has it.', { callId: '3f6c1e0a' }),
}
