import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One delivery that came by: what the edge saw of it. `passed`: it reached the server; `told`: its sender learnt so. */
export type Delivery = { readonly to: string; readonly id: string; readonly body: string; readonly passed: boolean; readonly told: boolean }

/** How deliveries to a server go wrong: the connection breaks before it, or after the server has taken it; it refuses; it is slow. */
export type Fault = { readonly kind: 'cut' } | { readonly kind: 'lose-answer' } | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>> } | { readonly kind: 'hang' }

/** The way to all servers of a town, by the first label of the host: `http://<name>.play.localhost:<port>`. */
export type Edge = {
  readonly port: number
  base(name: string): string
  /** Where a server listens now; null: it is away. */
  place(name: string, port: number | null): void
  /** What happens to the next deliveries (POST /notifications) to a server, each fault once. */
  next(name: string, faults: readonly Fault[]): void
  /** What happens to every delivery to a server, until null is said. */
  always(name: string, fault: Fault | null): void
  readonly deliveries: readonly Delivery[]
  stop(): Promise<void>
}

export const startEdge = async (): Promise<Edge> => {
  const places = new Map<string, number>()
  const faults = new Map<string, Fault[]>()
  const lasting = new Map<string, Fault>()
  const deliveries: Delivery[] = []

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => response.destroy())
    request.on('end', () => {
      const name = (request.headers.host ?? '').split('.')[0] ?? ''
      const isDelivery = request.method === 'POST' && request.url === '/notifications'
      const fault = isDelivery ? (faults.get(name)?.shift() ?? lasting.get(name) ?? null) : null
      const body = Buffer.concat(chunks)
      const tell = (passed: boolean, told: boolean) => {
        if (isDelivery) deliveries.push({ to: name, id: String(request.headers['idempotency-key']), body: body.toString(), passed, told })
      }
      const port = places.get(name)
      if (fault?.kind === 'hang') return tell(false, false)
      if (fault?.kind === 'answer') {
        tell(false, true)
        return response.writeHead(fault.status, fault.headers).end()
      }
      if (fault?.kind === 'cut' || port === undefined) {
        tell(false, false)
        return request.socket.destroy()
      }
      return pass(request, body, port, (answer, content) => {
        tell(answer !== null && (answer.statusCode ?? 500) < 300, answer !== null && fault === null)
        if (!answer || fault?.kind === 'lose-answer') return request.socket.destroy()
        return response.writeHead(answer.statusCode ?? 502, answer.rawHeaders).end(content)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port, deliveries,
    base: (name) => `http://${name}.play.localhost:${port}`,
    place: (name, at) => void (at === null ? places.delete(name) : places.set(name, at)),
    next: (name, list) => void faults.set(name, [...list]),
    always: (name, fault) => void (fault === null ? lasting.delete(name) : lasting.set(name, fault)),
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const pass = (request: IncomingMessage, body: Buffer, port: number, done: (answer: IncomingMessage | null, content: Buffer) => unknown): void => {
  const onward = httpRequest({ host: '127.0.0.1', port, method: request.method, path: request.url, headers: request.headers, agent: false }, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('error', () => done(null, Buffer.alloc(0)))
    answer.on('end', () => done(answer, Buffer.concat(chunks)))
  })
  onward.on('error', () => done(null, Buffer.alloc(0)))
  onward.end(body)
}
