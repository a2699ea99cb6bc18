import { ApiError } from '../http/api-error.ts'

// titles of the standard (API 2.3.0, error handling)
const UNAUTHENTICATED = 'Not authenticated or expired token'
const FORBIDDEN = 'Not authorized to perform action'
const TOO_MANY = 'Too many requests'

/** RFC 6750, section 3: without a token the challenge says nothing but that one is needed. */
export const unauthenticated = (message: string, error: 'invalid_request' | 'invalid_token' | null): ApiError =>
  new ApiError(401, UNAUTHENTICATED, message, {}, { 'www-authenticate': `Bearer realm="ONE Record"${error === null ? '' : `, error="${error}"`}` })

export const forbidden = (message: string, resource?: string): ApiError => new ApiError(403, FORBIDDEN, message, resource === undefined ? {} : { resource })

/** @param wait seconds */
export const tooMany = (message: string, wait: number): ApiError => new ApiError(429, TOO_MANY, message, {}, { 'retry-after': String(wait) })
