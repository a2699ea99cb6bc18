import type { Served } from './serve.ts'

/** Requests to a served application: by path, or by an IRI below its public base URL. */
export const client = ({ address, base }: Served) => {
  const at = (path: string): string => address + (path.startsWith(base) ? path.slice(base.length) : path)
  const send = (method: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    fetch(at(path), { method, headers: { 'content-type': 'application/ld+json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) })
  return {
    get: (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') => fetch(at(path), { method, headers }),
    json: async (path: string) => (await fetch(at(path))).json(),
    post: (body: unknown, headers?: Readonly<Record<string, string>>) => send('POST', '/logistics-objects', body, headers),
    patch: (iri: string, body: unknown) => send('PATCH', iri, body),
    /** Makes an object that must be taken, resolves to its IRI. */
    make: async (body: unknown): Promise<string> => {
      const answer = await send('POST', '/logistics-objects', body)
      if (answer.status !== 201) throw new Error(`POST answers ${answer.status}: ${await answer.text()}`)
      return answer.headers.get('location') ?? ''
    },
  }
}
