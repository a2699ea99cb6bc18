import { Agent, request as open } from 'node:http'
import { readFileSync } from 'node:fs'
import { playgroundClient, type PlaygroundClient } from '../client/client.ts'

/** One answer, whole. `ms`: from sending until the last byte. */
export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer; readonly ms: number }
export type Ask = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** Longest time to wait, milliseconds; 60,000 by default. */
  readonly timeoutMs?: number
  /** Connects to this port instead of the URL's, which stays what is asked for: another edge. */
  readonly port?: number
}
export type Client = { ask(url: string, ask?: Ask): Promise<Answer>; close(): void }

/**
 * A client for `http://<anything>.localhost:<port>`: connects to loopback and sends the Host, since Node resolves no
 * `*.localhost`. Other hosts are resolved as usual.
 */
export const httpClient = (options: { readonly keepAlive?: boolean } = {}): Client => {
  const agent = new Agent({ keepAlive: options.keepAlive ?? true })
  return {
    close: () => agent.destroy(),
    ask: (url, { method = 'GET', headers = {}, body, timeoutMs = 60_000, port: through } = {}) =>
      new Promise((resolve, reject) => {
        const { hostname, port, host, pathname, search } = new URL(url)
        const local = hostname === 'localhost' || hostname.endsWith('.localhost')
        const began = performance.now()
        const request = open(
          { agent, method, host: local ? '127.0.0.1' : hostname, port: through ?? (port || 80), path: pathname + search, headers: { host, ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) } },
          (response) => {
            const chunks: Buffer[] = []
            response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject).on('end', () =>
              resolve({ status: response.statusCode ?? 0, headers: response.headers as Record<string, string>, body: Buffer.concat(chunks), ms: performance.now() - began }))
          },
        )
        request.setTimeout(timeoutMs, () => request.destroy(new Error(`${method} ${url}: no answer within ${timeoutMs} ms`)))
        request.on('error', reject).end(body)
      }),
  }
}

/** The operator's view of a playground: the API under `/api/deployments` with the token. */
export type Operator = {
  /** Sends JSON, gives JSON. @throws Error with the problem's detail unless the status is one of `expected` (2xx by default) */
  call<T>(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<T>
  /** The same, typed, patient, for every API. */
  readonly ask: PlaygroundClient
}
export const operator = (client: Client, platformUrl: string, tokenFile: string): Operator => {
  const token = readFileSync(tokenFile, 'utf8').trim()
  return {
    ask: playgroundClient({
      url: platformUrl, token,
      send: async (url, sent) => {
        const { status, headers, body } = await client.ask(url, sent)
        return { status, headers, text: body.toString('utf8') }
      },
    }),
    call: async <T>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> => {
      const answer = await client.ask(`${platformUrl}/api/deployments${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (answer.status >= 300) throw new Error(`${method} /api/deployments${path}: ${answer.status} ${answer.body.toString('utf8').slice(0, 500)}`)
      return JSON.parse(answer.body.toString('utf8')) as T
    },
  }
}
