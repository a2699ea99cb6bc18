/**
 * How far an attempt came. `unreached`: no connection, so no byte was sent. `unheard`: it broke before a byte of the answer; what was
 * sent may have been carried out. `heard`: it broke after.
 */
export type Reach = 'unreached' | 'unheard' | 'heard'

/** Calls that may be made twice to the same effect (RFC 9110, section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

export const isIdempotent = (method: string): boolean => IDEMPOTENT.has(method)

/** A call goes out again so often after it broke; refused connections do not count. */
const AGAIN = 2

/** Whether a call may go out again: `broken` counts the attempts that broke so far, `isWhole` says that all of its body is at hand. */
export const mayGoAgain = (reach: Reach, { method, isWhole, broken }: { readonly method: string; readonly isWhole: boolean; readonly broken: number }): boolean => {
  if (reach === 'unreached') return true
  return reach === 'unheard' && isWhole && isIdempotent(method) && broken <= AGAIN
}
