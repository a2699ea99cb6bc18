import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as TlsAgent, request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
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

/** `bytes` from `offset` on; the end of the object may come before. */
export type ByteRange = { readonly offset: number; readonly bytes: number }

/** The few S3 requests that a record needs, in one bucket. All throw ObjectStoreError. */
export type ObjectStore = {
  /** Creates an object that must not exist, of these pieces. `exists`: it did, whoever made it. */
  create(key: string, body: readonly Buffer[]): Promise<'created' | 'exists'>
  /** Whole or a range; null when there is none. */
  get(key: string, range?: ByteRange): Promise<Buffer | null>
  /** Its first `bytes`, or all when there are fewer, and its size; null when there is none. */
  beginning(key: string, bytes: number): Promise<{ readonly bytes: Buffer; readonly size: number } | null>
  /** Its last `bytes`, or all when there are fewer, and its size; null when there is none. */
  end(key: string, bytes: number): Promise<{ readonly bytes: Buffer; readonly size: number } | null>
  /** The first keys, in order. */
  list(prefix: string, limit: number): Promise<readonly string[]>
  /**
   * Writes an object of `length` bytes as they come, none kept; there whole or not at all. @throws what `stream` throws, and
   * RangeError when it has another length
   */
  upload(key: string, stream: Readable, length: number): Promise<void>
  /** Reads an object as it is asked for, whole or a range, with its size as a whole; null when there is none, or nothing in that range. */
  download(key: string, range?: ByteRange): Promise<{ readonly stream: Readable; readonly size: number } | null>
  renew(access: StorageAccess): void
  /** Closes all sockets; the next request opens new ones. A pooled socket does not survive a freeze. */
  closeSockets(): void
}

type Answer = { readonly status: number; readonly size: number; readonly body: Buffer }

/** Longest wait for an answer, in milliseconds; its time begins anew with each byte. Streams go as fast as a client does. */
const TIMEOUT = { whole: 5_000, stream: 60_000 } as const
const GET_ATTEMPTS = 3

export const objectStore = (first: StorageAccess): ObjectStore => {
  const endpoint = new URL(first.endpoint)
  const secure = endpoint.protocol === 'https:'
  const newAgent = () => new (secure ? TlsAgent : Agent)({ keepAlive: true, maxSockets: 64 })
  // streams have sockets of their own: slow ones hold up no commit
  let agents = { whole: newAgent(), stream: newAgent() }
  let access = first
  let sign = signer(access, endpoint.host)

  /** Sends a request, its body by `write`; resolves when the answer begins. */
  const open = (request: StoreRequest, kind: keyof typeof agents, length: number | null, write: (outgoing: ClientRequest) => unknown): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = {
        agent: agents[kind], host: endpoint.hostname, port: endpoint.port || (secure ? 443 : 80), method: request.method,
        path: request.query === '' ? request.path : `${request.path}?${request.query}`,
        headers: { ...sign(request), ...(length === null ? {} : { 'content-length': String(length) }) },
        timeout: TIMEOUT[kind],
      }
      const outgoing = (secure ? httpsRequest : httpRequest)(options, resolve)
      outgoing.once('timeout', () => outgoing.destroy(new Error(`nothing for ${TIMEOUT[kind]} ms`)))
      outgoing.on('error', (error) => reject(noAnswer(error)))
      write(outgoing)
    })
  const whole = async (incoming: IncomingMessage): Promise<Answer> => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
    } catch (error) {
      throw noAnswer(error)
    }
    return { status: incoming.statusCode ?? 0, size: sizeOf(incoming), body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) }
  }
  const send = async (request: StoreRequest): Promise<Answer> => {
    const { body } = request
    const pieces = Array.isArray(body) ? (body as readonly Buffer[]) : []
    return whole(await open(request, 'whole', body === null ? null : lengthOf(pieces), (outgoing) => {
      for (const piece of pieces) outgoing.write(piece)
      outgoing.end()
    }))
  }
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

  const path = (key: string): string => `/${encodeKey(access.bucket)}${key === '' ? '' : `/${encodeKey(key)}`}`
  const getting = (key: string, range: string | null): StoreRequest => ({ method: 'GET', path: path(key), query: '', body: null, headers: range === null ? {} : { range: `bytes=${range}` } })
  const rangeOf = ({ offset, bytes }: ByteRange): string => `${offset}-${offset + bytes - 1}`
  const part = async (key: string, range: string) => {
    const answer = await read(getting(key, range))
    if (answer.status === 404) return null
    // of nothing there is no range
    if (answer.status === 416) return { bytes: Buffer.alloc(0), size: 0 }
    if (answer.status !== 206) throw refused(answer)
    return { bytes: answer.body, size: answer.size }
  }

  return {
    create: async (key, body) => {
      const answer = await send({ method: 'PUT', path: path(key), query: '', headers: { 'if-none-match': '*' }, body })
      if (answer.status === 200) return 'created'
      if (answer.status === 412) return 'exists'
      throw refused(answer)
    },
    get: async (key, range) => {
      const answer = await read(getting(key, range ? rangeOf(range) : null))
      if (answer.status === 404) return null
      if (answer.status !== (range ? 206 : 200)) throw refused(answer)
      return answer.body
    },
    beginning: (key, bytes) => part(key, `0-${bytes - 1}`),
    end: (key, bytes) => part(key, `-${bytes}`),
    list: async (prefix, limit) => {
      const query = `list-type=2&max-keys=${limit}&prefix=${encodeURIComponent(prefix)}`
      const answer = await read({ method: 'GET', path: path(''), query, headers: {}, body: null })
      if (answer.status !== 200) throw refused(answer)
      return [...answer.body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key)
    },
    upload: async (key, stream, length) => {
      const sent = Promise.withResolvers<void>()
      const incoming = open({ method: 'PUT', path: path(key), query: '', headers: {}, body: 'unsigned' }, 'stream', length, (outgoing) => {
        pipeline(stream, exactly(length), outgoing).then(sent.resolve, sent.reject)
      })
      incoming.catch(() => {}) // it fails with the stream, and then the stream says why
      const answer = await Promise.race([incoming, sent.promise.then(() => incoming)]).then(whole)
      if (answer.status !== 200) throw refused(answer)
    },
    download: async (key, range) => {
      const incoming = await open(getting(key, range ? rangeOf(range) : null), 'stream', null, (outgoing) => outgoing.end())
      if (incoming.statusCode === (range ? 206 : 200)) return { stream: incoming, size: sizeOf(incoming) }
      const answer = await whole(incoming)
      if (answer.status === 404 || answer.status === 416) return null
      throw refused(answer)
    },
    renew: (fresh) => {
      access = fresh
      sign = signer(fresh, endpoint.host)
    },
    closeSockets: () => {
      for (const agent of Object.values(agents)) agent.destroy()
      agents = { whole: newAgent(), stream: newAgent() }
    },
  }
}

const lengthOf = (pieces: readonly Buffer[]): number => pieces.reduce((sum, { length }) => sum + length, 0)

/** Size of the object as a whole, of an answer with all or a part of it. */
const sizeOf = ({ headers }: IncomingMessage): number => Number(headers['content-range']?.split('/')[1] ?? headers['content-length'] ?? 0)

const refused = ({ status, body }: Answer): ObjectStoreError =>
  new ObjectStoreError(status, `the object store answers ${status} ${/<Code>([^<]*)/.exec(body.toString('utf8', 0, 1_000))?.[1] ?? ''}`)

const noAnswer = (cause: unknown): ObjectStoreError => new ObjectStoreError(0, `the object store does not answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })

/** Passes exactly so many bytes on. */
export const exactly = (length: number) =>
  async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    let sent = 0
    for await (const chunk of source) {
      sent += chunk.length
      if (sent > length) throw new RangeError(`more than ${length} bytes came`)
      yield chunk
    }
    if (sent < length) throw new RangeError(`${sent} bytes came instead of ${length}`)
  }
