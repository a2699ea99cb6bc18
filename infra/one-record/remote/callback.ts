/** Where a logistics agent's server keeps its objects: what stands before it is the server's base (API 2.3.0, Subscriptions: the callback is derived from hasSubscriber). */
const OBJECTS = '/logistics-objects/'

/**
 * Base URL, without a slash at its end, of the server that an agent's IRI is on: what stands before `/logistics-objects/`, else its
 * origin. Null when it is no web address.
 */
export const serverOf = (agent: string): string | null => {
  const url = URL.parse(agent)
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null
  const end = url.pathname.indexOf(OBJECTS)
  return url.origin + (end < 0 ? '' : url.pathname.slice(0, end))
}
