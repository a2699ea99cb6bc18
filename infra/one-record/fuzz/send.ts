import { Agent, request as httpRequest } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** A request as it goes to a server, odd or not; `path` with its query. */
export type Sendable = { readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer | null }
export type Answered = { readonly status: number; readonly type: string; readonly location: string; readonly body: string }

/** Sends to one address, over connections that are kept. */
export const send = (address: string) => {
  const agent = new Agent({ keepAlive: true })
  const { hostname, port } = new URL(address)
  return {
    ask: ({ method, path, headers, body }: Sendable): Promise<Answered> =>
      new Promise((resolve, reject) => {
        const length = body === null ? {} : { 'content-length': body.length }
        const request = httpRequest({ agent, host: hostname, port: Number(port), method, path, headers: { ...headers, ...length } }, (response) => {
          const { 'content-type': type = '', location = '' } = response.headers
          void buffer(response).then((bytes) => resolve({ status: response.statusCode ?? 0, type, location, body: bytes.toString() }), reject)
        })
        request.once('error', reject).end(body ?? undefined)
      }),
    close: (): void => agent.destroy(),
  }
}
