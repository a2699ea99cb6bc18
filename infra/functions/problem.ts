import { CatalogueError, toProblem } from '../../events/errors.ts'

export type ProblemReply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
}

/**
 * An error as an HTTP answer: problem details (RFC 9457) and the headers that go with its status (RFC 9110: Allow,
 * Retry-After, WWW-Authenticate). What the catalogue does not know becomes INTERNAL, its text kept back.
 */
export const problemReply = (error: unknown, callId: string): ProblemReply => {
  const body = toProblem(error, callId)
  return { status: body.status, headers: { 'content-type': 'application/problem+json', ...(error instanceof CatalogueError ? headersOf(error) : {}) }, body }
}

const headersOf = ({ code, details }: CatalogueError): Record<string, string> => {
  if (code === 'METHOD_NOT_ALLOWED') return { allow: String(details['allowed']) }
  if (code === 'UNAUTHENTICATED') return { 'www-authenticate': 'Bearer' }
  if (code === 'BASIC_AUTH_REQUIRED') return { 'www-authenticate': 'Basic realm="Restricted"' }
  return details['retryAfterSeconds'] === undefined ? {} : { 'retry-after': String(details['retryAfterSeconds']) }
}
