/**
 * The error catalogue: a stable code, an HTTP status, a message that a person can act on. Placeholders in braces are
 * filled from the error's details. The four kinds are kept apart everywhere:
 * rejected (the rules say no), conflict (someone was first: reload and retry), transient (try again later), poison
 * (it will never work: park it with its reason).
 */
export type ErrorKind = 'rejected' | 'conflict' | 'transient' | 'poison'

type Entry = { readonly kind: ErrorKind; readonly status: number; readonly message: string }

const problem = (status: number, message: string, kind: ErrorKind = 'rejected'): Entry => ({ kind, status, message })

export const CATALOGUE = {
  // what was sent
  MALFORMED_JSON: problem(400, 'The body is not JSON: {reason}.'),
  INVALID_FIELD: problem(400, '{field}: {reason}.'),
  UNKNOWN_FIELD: problem(400, '{field} is not a field here; known are {known}.'),
  BODY_TOO_LARGE: problem(413, 'The body is larger than {limit} bytes, the limit here.'),
  UNSUPPORTED_MEDIA_TYPE: problem(415, 'Content-Type {given} is not understood here; send {expected}.'),
  METHOD_NOT_ALLOWED: problem(405, '{method} is not possible on {path}; possible are {allowed}.'),
  NOT_FOUND: problem(404, 'There is nothing at {path}.'),

  // who sent it
  UNAUTHENTICATED: problem(401, 'This needs the operator token: send "Authorization: Bearer <token>".'),
  BASIC_AUTH_REQUIRED: problem(401, 'This needs the gateway\'s user and password (basic auth).'),
  NOT_PUBLIC: problem(403, 'Function {name} takes events only; it is not reachable from outside.'),
  UNSIGNED_DELIVERY: problem(401, 'This function takes signed deliveries of the dispatcher only: {reason}.', 'poison'),

  // deployments
  NAME_INVALID: problem(400, 'name "{name}" is not usable: {reason}.'),
  NAME_RESERVED: problem(409, 'The name "{name}" is reserved; choose another.'),
  NAME_TAKEN: problem(409, 'The name "{name}" is taken; choose another.'),
  DEPLOYMENT_NOT_FOUND: problem(404, 'There is no deployment {id}.'),
  ILLEGAL_TRANSITION: problem(409, 'Deployment {name} is {status}; {command} is possible only when it is {allowed}.'),
  NOT_RUNNING: problem(409, 'Deployment {name} is {status}; only a running one can be {participle}.'),
  DEPLOYMENT_DELETED: problem(410, 'Deployment {name} was deleted.'),
  STALE_REVISION: problem(412, 'If-Match says {given}, but it is at {current} now; read it again and decide anew.'),
  IDEMPOTENCY_KEY_REUSED: problem(422, 'This Idempotency-Key was used for another request; use a new key for a new one.'),

  // subscriptions
  SUBSCRIPTION_NOT_FOUND: problem(404, 'There is no subscription {id}.'),
  SUBSCRIPTION_DELETED: problem(410, 'Subscription {id} was deleted.'),

  // the platform
  WRONG_EXPECTED_REVISION: problem(409, 'Stream {stream} is at {actual}, not at {expected}.', 'conflict'),
  DUPLICATE_EVENT_ID: problem(409, 'Event id {id} is already used by another event.', 'poison'),
  ATOMIC_WRITES_UNSUPPORTED: problem(501, '{store} cannot write to several streams in one atomic step.'),
  STORE_UNAVAILABLE: problem(503, 'The event store does not answer: {reason}.', 'transient'),
  STORAGE_FULL: problem(507, 'There is no room to store this: {reason}. What exists goes on; try again when there is room, or delete what is not needed.', 'transient'),
  NO_SLOT_FREE: problem(503, 'No warm slot is free on any node; try again in {retryAfterSeconds} seconds.', 'transient'),
  AGENT_UNAVAILABLE: problem(503, 'The agent of node {node} does not answer: {reason}.', 'transient'),
  EDGE_UNAVAILABLE: problem(503, 'An edge does not answer: {reason}.', 'transient'),
  CREDENTIALS_UNAVAILABLE: problem(503, 'The minting service gives no credentials: {reason}.', 'transient'),
  CLAIM_UNKNOWN: problem(404, 'Node {node} has no slot claimed as {claimId}.'),
  CLAIM_SUPERSEDED: problem(409, 'Claim {claimId} was released or superseded.', 'conflict'),
  MISDIRECTED: problem(421, 'This request was meant for another deployment.'),
  SLOT_UNAVAILABLE: problem(503, 'Nobody answers here now: {reason}.', 'transient'),
  READ_MODEL_UNAVAILABLE: problem(503, 'The read model does not answer: {reason}.', 'transient'),
  UNKNOWN_EVENT: problem(422, 'Event type {type} version {version} is not known to this release.', 'poison'),
  MALFORMED_EVENT: problem(422, 'Event {type}: {reason}.', 'poison'),

  // dead letters
  LETTER_NOT_FOUND: problem(404, 'There is no dead letter {id}; GET /api/parked lists those that are.'),
  LETTER_STATE: problem(409, 'Dead letter {letterId} is {state}; {command} is possible only when it is {allowed}: {hint}.'),

  // the edge
  MALFORMED_REQUEST: problem(400, 'This request is malformed: {reason}.'),
  HOST_UNKNOWN: problem(404, 'There is no deployment at {host}.'),
  DEPLOYMENT_STOPPED: problem(503, 'Deployment {name} is stopped: {reason}.'),
  DEPLOYMENT_FAILED: problem(503, 'Deployment {name} failed: {reason}.'),
  NOT_AWAKE_IN_TIME: problem(503, 'Deployment {name} did not wake within {seconds} seconds; try again.', 'transient'),
  TOO_MANY_WAIT: problem(503, 'Too many requests wait for deployment {name} to wake; try again.', 'transient'),
  SLOT_HUNG_UP: problem(502, 'Deployment {name} ended the connection before it answered.', 'transient'),
  BACKEND_UNAVAILABLE: problem(503, 'The part behind this address does not answer now; try again.', 'transient'),
  BACKEND_HUNG_UP: problem(502, 'The part behind this address ended the connection before it answered; try again.', 'transient'),
  BACKEND_TIMEOUT: problem(504, 'The part behind this address took too long to answer.', 'transient'),
  WAKE_QUOTA_OF_OWNER: problem(429, 'Deployments of the owner of {name} were woken {limit} times within a minute, the quota of an owner (WAKES_PER_OWNER); come again in {retryAfterSeconds} seconds.'),
  WAKE_QUOTA_OF_ADDRESS: problem(429, 'Your address came to {limit} different sleeping deployments within a minute, the quota of an address (WAKES_PER_ADDRESS); come again in {retryAfterSeconds} seconds.'),
  CRAWLER_WAKES_NOBODY: problem(429, 'This deployment sleeps, and crawlers wake nobody: /robots.txt asks them not to come.'),

  // functions
  FUNCTION_NOT_FOUND: problem(404, 'There is no function {name}.'),
  FUNCTION_EXISTS: problem(409, 'There is already a function {name}; update or remove it.'),
  FUNCTION_NOT_READY: problem(503, 'Function {name} is deployed, but could not be started; the log says why.', 'transient'),
  FUNCTION_STARTING: problem(503, 'Function {name} has no replica that answers yet; try again in {retryAfterSeconds} seconds.', 'transient'),
  FUNCTION_CROWDED: problem(503, 'So many calls wait for function {name} to start that no more are held; try again in {retryAfterSeconds} seconds.', 'transient'),
  FUNCTION_INVALID: problem(400, 'The function is not deployable: {reason}.'),
  IMAGE_NOT_HELD: problem(400, 'This host runs functions in its own process and does not hold image {image}; it can run: {held}.'),
  IMAGE_NOT_FOUND: problem(400, 'Image {image} cannot be had: {reason}.'),
  HOST_UNAVAILABLE: problem(503, 'What functions run on does not answer: {reason}.', 'transient'),
  NAMESPACE_NOT_FOUND: problem(404, 'There is no namespace {namespace}.'),
  NAMESPACE_EXISTS: problem(409, 'There is already a namespace {namespace}.'),
  NAMESPACE_IN_USE: problem(409, 'Namespace {namespace} cannot be removed: {reason}.'),
  SECRET_NOT_FOUND: problem(404, 'There is no secret {name} in namespace {namespace}.'),
  SECRET_EXISTS: problem(409, 'There is already a secret {name} in namespace {namespace}; update or remove it.'),
  SECRET_IN_USE: problem(409, 'Secret {name} cannot be removed: {functions} needs it.'),
  QUEUE_FULL: problem(503, 'The queue of asynchronous calls is full; try again later.', 'transient'),
  REQUEST_TOO_SLOW: problem(408, 'The request was not here whole within {seconds} seconds.'),
  TOO_MUCH_AT_ONCE: problem(503, 'So much is sent here at the same time that this finds no place in memory; try again in {retryAfterSeconds} seconds.', 'transient'),
  HEADERS_TOO_LARGE: problem(431, 'The headers are larger than {limit} bytes, the limit here.'),
  EVENT_NOT_TAKEN: problem(422, 'Function {name} does not take {type}; it takes {known}.', 'poison'),
  NETWORKS_TAKEN: problem(409, 'Each of the {count} networks for namespaces is taken.'),
  FUNCTION_FAILED: problem(500, 'Function {name} failed: {reason}.', 'transient'),
  FUNCTION_BUSY: problem(429, 'Function {name} takes {limit} calls at the same time; try again in {retryAfterSeconds} seconds.'),
  FUNCTION_TIMEOUT: problem(504, 'Function {name} did not answer within {seconds} seconds.', 'transient'),
  FUNCTION_BROKE_OFF: problem(502, 'Function {name} broke the connection off before it answered; what was sent may have been carried out or not.', 'transient'),
  INTERNAL: problem(500, 'Something went wrong here; the log has it under call id {callId}.', 'transient'),
} as const satisfies Record<string, Entry>

export type ErrorCode = keyof typeof CATALOGUE
export type ErrorDetails = Readonly<Record<string, string | number | undefined>>

/** An error of the catalogue. `field` names the offending field of the input, when there is one. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(fill(CATALOGUE[code].message, details), options)
    this.code = code
    this.details = details
  }
  get kind(): ErrorKind {
    return CATALOGUE[this.code].kind
  }
  get status(): number {
    return CATALOGUE[this.code].status
  }
  get field(): string | undefined {
    const { field } = this.details
    return typeof field === 'string' ? field : undefined
  }
}

/** `throw failure('NOT_FOUND', { path })`: an error of the catalogue with its placeholders filled. */
export const failure = (code: ErrorCode, details: ErrorDetails = {}, cause?: unknown): CatalogueError =>
  new CatalogueError(code, details, cause === undefined ? undefined : { cause })

/** The kind of any thrown value; what the catalogue does not know is transient: retried, then parked. */
export const kindOf = (error: unknown): ErrorKind => (error instanceof CatalogueError ? error.kind : 'transient')

/** True when `error` is the catalogue's `code`. */
export const isFailure = (error: unknown, code: ErrorCode): error is CatalogueError =>
  error instanceof CatalogueError && error.code === code

/** RFC 9457 problem details with our extensions `code` and `field`. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  readonly field?: string
}

/** The problem details of an error (RFC 9457); anything outside the catalogue becomes INTERNAL without its text. */
export const toProblem = (error: unknown, callId = 'unknown'): Problem => {
  const known = error instanceof CatalogueError ? error : failure('INTERNAL', { callId })
  return {
    type: `/problems/${known.code.toLowerCase().replaceAll('_', '-')}`,
    title: known.code.toLowerCase().replaceAll('_', ' '),
    status: known.status,
    detail: known.message,
    code: known.code,
    ...(known.field === undefined ? {} : { field: known.field }),
  }
}

const fill = (template: string, details: ErrorDetails): string =>
  template.replaceAll(/\{(\w+)\}/g, (_, key: string) => String(details[key] ?? `(${key})`))
