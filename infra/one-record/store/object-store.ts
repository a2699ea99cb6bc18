import { Agent, request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { Agent as TlsAgent, request as httpsRequest } from 'node:https'
import type { StorageAccess } from '../../credentials/port.ts'
import { encodeKey, signer, type StoreRequest } from './signature.ts'

/** The object store refused or did not answer. `status` is 0 when there was no answer. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError'
  readonly status: number
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** The store said that it has no room: surely nothing was written (S3 API of MinIO, XMinioStorageFull). */
export const hasNoRoom = (error: unknown): boolean => error instanceof ObjectStoreError && error.status === 507

/** The few S3 requests that a record needs, in one bucket. All throw ObjectStoreError. */
export type ObjectStore = {
  /** Creates an object that must not exist. `exists`: it did, whoever made it. */
  create(key: string, body: readonly Buffer[]): Promise<'created' | 'exists'>
  /** Whole or `bytes` from `offset`; null when there is none. */
  get(key: string, range?: { readonly offset: number; readonly bytes: number }): Promise<Buffer | null>
  /** Its first `bytes`, or all when there are fewer, and its size; null when there is none. */
  beginning(key: string, bytes: number): Promise<{ readonly bytes: Buffer; readonly size: number } | null>
  /** The first keys, in order. */
  list(prefix: string, limit: number): Promise<readonly string[]>
  renew(access: StorageAccess): void
  /** Closes all sockets; the next request opens new ones. A pooled socket does not survive a freeze. */
  closeSockets(): void
}

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

/** Longest wait for an answer, in milliseconds; its time begins anew with each byte. */
const TIMEOUT = 5_000
const GET_ATTEMPTS = 3

export const objectStore = (first: StorageAccess): ObjectStore => {
  const endpoint = new URL(first.endpoint)
  const secure = endpoint.protocol === 'https:'
  const newAgent = () => new (secure ? TlsAgent : Agent)({ keepAlive: true, maxSockets: 64 })
  let agent = newAgent()
  let access = first
  let sign = signer(access, endpoint.host)

  const send = (request: StoreRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = {
        agent, host: endpoint.hostname, port: endpoint.port || (secure ? 443 : 80), method: request.method,
        path: request.query === '' ? request.path : `${request.path}?${request.query}`,
        headers: { ...sign(request), ...(request.body ? { 'content-length': String(request.body.reduce((sum, { length }) => sum + length, 0)) } : {}) },
        timeout: TIMEOUT,
      }
      const fail = (error: Error) => reject(new ObjectStoreError(0, `the object store does not answer: ${error.message}`, { cause: error }))
      const outgoing = (secure ? httpsRequest : httpRequest)(options, (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) }))
        incoming.once('error', fail)
      })
      outgoing.once('timeout', () => outgoing.destroy(new Error(`nothing for ${TIMEOUT} ms`)))
      outgoing.once('error', fail)
      for (const chunk of request.body ?? []) outgoing.write(chunk)
      outgoing.end()
    })
  const path = (key: string): string => `/${encodeKey(access.bucket)}${key === '' ? '' : `/${encodeKey(key)}`}`
  const refused = ({ status, body }: Answer): ObjectStoreError =>
    new ObjectStoreError(status, `the object store answers ${status} ${/<Code>([^<]*)/.exec(body.toString('utf8', 0, 1_000))?.[1] ?? ''}`)

  // a pooled socket may be closed by the other side at the moment it is used; reading again is harmless
  const read = async (request: StoreRequest, attempt = 1): Promise<Answer> => {
    try {
      const answer = await send(request)
      if (answer.status < 500 || attempt === GET_ATTEMPTS) return answer
    } catch (error) {
      if (attempt === GET_ATTEMPTS) throw error
    }
    return read(request, attempt + 1)
  }

  return {
    create: async (key, body) => {
      const answer = await send({ method: 'PUT', path: path(key), query: '', headers: { 'if-none-match': '*' }, body })
      if (answer.status === 200) return 'created'
      if (answer.status === 412) return 'exists'
      throw refused(answer)
    },
    get: async (key, range) => {
      const headers = range ? { range: `bytes=${range.offset}-${range.offset + range.bytes - 1}` } : {}
      const answer = await read({ method: 'GET', path: path(key), query: '', headers, body: null })
      if (answer.status === 404) return null
      if (answer.status !== (range ? 206 : 200)) throw refused(answer)
      return answer.body
    },
    beginning: async (key, bytes) => {
      const answer = await read({ method: 'GET', path: path(key), query: '', headers: { range: `bytes=0-${bytes - 1}` }, body: null })
      if (answer.status === 404) return null
      // of nothing there is no range
      if (answer.status === 416) return { bytes: Buffer.alloc(0), size: 0 }
      if (answer.status !== 206) throw refused(answer)
      return { bytes: answer.body, size: Number(answer.headers['content-range']?.split('/')[1]) }
    },
    list: async (prefix, limit) => {
      const query = `list-type=2&max-keys=${limit}&prefix=${encodeURIComponent(prefix)}`
      const answer = await read({ method: 'GET', path: path(''), query, headers: {}, body: null })
      if (answer.status !== 200) throw refused(answer)
      return [...answer.body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key)
    },
    renew: (fresh) => {
      access = fresh
      sign = signer(fresh, endpoint.host)
    },
    closeSockets: () => {
      agent.destroy()
      agent = newAgent()
    },
  }
}
