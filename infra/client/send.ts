/** One request. `body`: text or bytes. */
export type Sent<Body = string> = { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: Body; readonly signal?: AbortSignal }
/** Its answer, whole; names of headers in lower case. */
export type Received = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array }

/** By `fetch`; a redirect is an error: whoever is redirected to would get the token. @throws what `fetch` throws */
export const byFetch = async (url: string, { method, headers, body, signal }: Sent<string | Uint8Array<ArrayBuffer>>): Promise<Received> => {
  const response = await fetch(url, { method, headers, redirect: 'error', ...(body === undefined ? {} : { body }), ...(signal ? { signal } : {}) })
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.bytes() }
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** `?a=1`, or nothing when nothing is asked with. */
export const searchOf = (query: Query): string => {
  const search = new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] satisfies [string, string]]))).toString()
  return search === '' ? '' : `?${search}`
}
