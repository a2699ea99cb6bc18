import { Agent, request as open, type IncomingHttpHeaders } from 'node:http'

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }
export type Sent = { readonly method: string; /** Exactly as it goes over the wire. */ readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array | null }
export type Client = { send(sent: Sent): Promise<Answer>; close(): void }

/** No answer may take longer, milliseconds: what holds a request for a slot gives up within 20 seconds. */
const PATIENCE_MS = 30_000
/** Nothing here answers more; what does not end is cut off. */
const MOST_BYTES = 8 * 1024 * 1024

/** A client that keeps its connections and tidies nothing up. A connection that the other side closed meanwhile is tried once more, on a new one. */
export const keepAliveClient = (port: number, connections: number): Client => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const once = (sent: Sent, through: Agent | false): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { method, path, headers, body } = sent
      const request = open({ host: '127.0.0.1', port, agent: through, method, path, headers: { ...headers, ...(body === null ? {} : { 'content-length': String(body.length) }) } }, (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          if ((bytes += chunk.length) > MOST_BYTES) request.destroy(new Error('the answer does not end'))
        }).once('error', reject).once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }))
      })
      request.once('upgrade', (response, socket) => {
        socket.destroy()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: '' })
      })
      request.setTimeout(PATIENCE_MS, () => request.destroy(new Error(`no answer within ${PATIENCE_MS} ms`))).once('error', reject).end(body ?? undefined)
    })
  return {
    send: (sent) => once(sent, agent).catch((error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? once(sent, false) : Promise.reject(error))),
    close: () => agent.destroy(),
  }
}
