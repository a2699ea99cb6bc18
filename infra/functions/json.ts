import { failure } from '../../events/errors.ts'

/** True for `application/json` and every `+json` (RFC 6839, section 3.1), whatever its parameters. */
export const isJson = (contentType: string | undefined): boolean => /^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i.test(contentType ?? '')

/** @throws MALFORMED_JSON */
export const parseJson = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw failure('MALFORMED_JSON', { reason: sentence(cause instanceof Error ? cause.message : String(cause)) }, cause)
  }
}

/** The catalogue's messages end in a full stop of their own. */
export const sentence = (text: string): string => text.replace(/\.$/, '')
