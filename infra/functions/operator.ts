import { createHash, timingSafeEqual } from 'node:crypto'
import { failure } from '../../events/errors.ts'
import type { FunctionEvent } from './handler.ts'

/** Lets the operator pass: `Authorization: Bearer <token>` (RFC 6750, section 2.1). @throws UNAUTHENTICATED */
export const requireOperator = (event: Pick<FunctionEvent, 'headers'>, token: string): void => {
  const given = /^Bearer +(\S+)$/i.exec(event.headers['authorization'] ?? '')?.[1]
  if (given === undefined || !sameSecret(given, token)) throw failure('UNAUTHENTICATED')
}

/** Compares in a time that says nothing about where they differ, nor about their lengths. */
export const sameSecret = (given: string, expected: string): boolean => timingSafeEqual(digest(given), digest(expected))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
