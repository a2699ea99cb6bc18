/** What a client says it is. `basic`: in the header. */
export type Credentials = { readonly id: string; readonly secret: string; readonly basic: boolean }

/** Client id and secret of a token request, by header or in the body (RFC 6749, section 2.3.1); null when there are none, twice or broken. */
export const credentialsOf = (authorization: string | undefined, form: ReadonlyMap<string, string>): Credentials | null => {
  const id = form.get('client_id')
  const secret = form.get('client_secret')
  if (authorization === undefined) return id === undefined || secret === undefined ? null : { id, secret, basic: false }
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization) ?? []
  const pair = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString()
  const colon = pair.indexOf(':')
  if (colon < 0 || secret !== undefined) return null
  const basic = { id: formDecoded(pair.slice(0, colon)), secret: formDecoded(pair.slice(colon + 1)), basic: true }
  return id !== undefined && id !== basic.id ? null : basic
}

/** Both are form-encoded before they are joined; of what is not well encoded the text itself counts, as many clients send it. */
const formDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
