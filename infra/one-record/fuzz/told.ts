import { API } from '../namespaces.ts'

/** What an answer with an error has to say about it. */
export type Told = { readonly status: number; readonly type: string; readonly body: string }

/** An api:Error with its title and code, in any form; or an error of OAuth (RFC 6749, section 5.2). */
export const isTold = ({ status, type, body }: Told): boolean => {
  try {
    const text = JSON.stringify(JSON.parse(body))
    if (type.startsWith('application/json')) return /"error":"[a-z_]+"/.test(text)
    return /"(api:|https:\/\/onerecord\.iata\.org\/ns\/api#)Error"/.test(text) && /hasTitle":(\[\{"@value":)?"./.test(text) && new RegExp(`hasCode":(\\[\\{"@value":)?"${status}"`).test(text) && text.includes(API.slice(0, -1))
  } catch {
    return false
  }
}
