import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Application } from '../../slot/port.ts'

/** The head of a request must be there in this time, and an idle connection is closed after it; a body may take its time, milliseconds. */
const HEAD_MS = 30_000
const IDLE_MS = 60_000
/** Longest path in a log line. */
const LONGEST = 500

export type Listening = {
  readonly port: number
  /** Takes no more connections; resolves when all requests have ended, or are cut off `withinMs` later. */
  end(withinMs: number): Promise<void>
}

type Options = { readonly host: string; readonly port: number; readonly isBehindProxy: boolean; /** Writes a line of the request log; null: there is none. */ readonly log: ((line: string) => void) | null }

/** Serves an application over HTTP, and says at /healthz whether it does. @throws Error when it cannot listen there */
export const listen = async (application: Pick<Application, 'handle'>, { host, port, isBehindProxy, log }: Options): Promise<Listening> => {
  let ending = false
  const server = createServer({ requestTimeout: 0, headersTimeout: HEAD_MS, keepAliveTimeout: IDLE_MS, noDelay: true }, (request, response) => {
    // what a caller says itself is no address of the caller
    if (!isBehindProxy) delete request.headers['x-forwarded-for']
    if (log) logged(request, response, log)
    if (ending) response.setHeader('connection', 'close')
    if (pathOf(request) === '/healthz') return health(request, response, ending)
    void Promise.resolve(application.handle(request, response)).catch(() => response.destroy())
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    end: async (withinMs) => {
      ending = true
      const cut = setTimeout(() => server.closeAllConnections(), withinMs)
      server.close()
      server.closeIdleConnections()
      await once(server, 'close')
      clearTimeout(cut)
    },
  }
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? url

const health = ({ method }: IncomingMessage, response: ServerResponse, ending: boolean): void => {
  const isRead = method === 'GET' || method === 'HEAD'
  const [status, body] = !isRead ? ([405, { status: 'GET or HEAD' }] as const) : ending ? ([503, { status: 'ending' }] as const) : ([200, { status: 'serving' }] as const)
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...(isRead ? {} : { allow: 'GET, HEAD' }) }).end(method === 'HEAD' ? undefined : JSON.stringify(body))
}

/** No query, no headers, no body: what is asked for may be personal. `status` null: the caller had gone before the answer was whole. */
const logged = (request: IncomingMessage, response: ServerResponse, log: (line: string) => void): void => {
  const begin = performance.now()
  const from = String(request.headers['x-forwarded-for'] ?? '').split(',').at(-1)?.trim() || (request.socket.remoteAddress ?? '')
  const said = { at: new Date().toISOString(), from, method: request.method, path: pathOf(request).slice(0, LONGEST) }
  response.once('close', () => log(JSON.stringify({ ...said, status: response.writableFinished ? response.statusCode : null, ms: Math.round(performance.now() - begin) })))
}
