import type { IncomingHttpHeaders } from 'node:http'
import { failure } from '../../events/errors.ts'
import { refusal, SIGNATURE_HEADER } from '../delivery/signature.ts'
import { signedPart } from '../functions/cause.ts'
import type { FunctionEvent } from '../functions/handler.ts'
import { sameSecret } from '../functions/operator.ts'
import { isPublic, type FunctionSpec } from './function-spec.ts'

export type Keys = { readonly user: string; readonly password: string; readonly signingKey: string }

/** The gateway's user and password (RFC 7617). */
export const isGatewayUser = (authorization: string | undefined, { user, password }: Keys): boolean => {
  const given = /^Basic +(\S+)$/i.exec(authorization ?? '')?.[1]
  return given !== undefined && sameSecret(Buffer.from(given, 'base64').toString('utf8'), `${user}:${password}`)
}

/** Refuses before the body is read what no body could make acceptable. @throws NOT_PUBLIC */
export const requireWayIn = (spec: FunctionSpec, headers: IncomingHttpHeaders, keys: Keys): void => {
  if (isPublic(spec) || headers[SIGNATURE_HEADER] !== undefined || isGatewayUser(headers.authorization, keys)) return
  throw failure('NOT_PUBLIC', { name: spec.service })
}

/**
 * The headers a function gets: of a signed delivery all; of any other call no `ce-*` and no signature, and never the gateway's
 * own password. @throws UNSIGNED_DELIVERY where only the signature could have let it in
 */
export const admit = (spec: FunctionSpec, given: IncomingHttpHeaders, body: Uint8Array, keys: Keys): FunctionEvent['headers'] => {
  const headers = given as FunctionEvent['headers'] // only set-cookie is ever an array, and that is no request's header
  const signature = headers[SIGNATURE_HEADER]
  const reason = signature === undefined ? 'no signature' : refusal(keys.signingKey, signedPart(headers, body), signature, Date.now())
  if (reason === null) return headers
  const isUser = isGatewayUser(given.authorization, keys)
  if (!isUser && !isPublic(spec)) throw failure('UNSIGNED_DELIVERY', { reason })
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isReserved(name) && !(isUser && name === 'authorization')))
}

const isReserved = (header: string): boolean => header.startsWith('ce-') || header === SIGNATURE_HEADER
