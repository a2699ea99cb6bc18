import { request as send, type ClientRequest, type IncomingMessage } from 'node:http'
import { failure } from '../../../../events/errors.ts'
import type { HostCall, HostReply, Upload } from '../../host.ts'
import { replyHeaders, requestHeaders } from './headers.ts'
import { accepted, type Replica } from './replica.ts'
import { isIdempotent, type Reach } from './retry-rule.ts'

/** A call that a replica did not answer. */
export class Broken extends Error {
  override readonly name = 'Broken'
  readonly reach: Reach
  constructor(reach: Reach, cause: Error) {
    super(cause.message, { cause })
    this.reach = reach
  }
}

/** Until a connection stands, milliseconds: a host that is gone says nothing at all. */
const CONNECT_MS = 1_500

const EMPTY = new Uint8Array()

/**
 * Makes a call at one replica, once; whoever chose it has counted the call there. The body of the reply is read as it comes; when that
 * has ended, or nothing comes of it, the call counts no more.
 * A body that is on its way is not begun before there is a connection. @throws Broken, the signal's reason, what the body's end threw
 */
export const attempt = (replica: Replica, call: HostCall): Promise<HostReply> =>
  new Promise((resolve, reject) => {
    const { method, body, signal } = call
    const request = begun(replica, call)
    let reach: Reach = 'unreached'
    let heardBefore = 0
    let reply: IncomingMessage | undefined

    const end = (reason: Error) => {
      reject(reason) // said again after the reply began it means nothing
      reply?.destroy(reason)
      request.destroy()
    }
    const abort = () => end(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    request.once('close', () => {
      replica.inFlight -= 1
      signal.removeEventListener('abort', abort)
      reject(new Broken(reach, new Error('the connection closed')))
    })
    request.on('error', (cause) => {
      // an answer that is coming says for itself whether it is whole; a function may well answer before it has read everything
      if (!reply) reject(new Broken(reach === 'unheard' && (request.socket?.bytesRead ?? 0) > heardBefore ? 'heard' : reach, cause))
    })
    request.once('socket', (socket) => {
      const connected = () => {
        reach = 'unheard'
        heardBefore = socket.bytesRead
        accepted(replica)
        if (!Buffer.isBuffer(body)) upload(request, body).catch(end)
      }
      if (!socket.connecting) return connected()
      const late = setTimeout(() => socket.destroy(new Error(`no connection within ${CONNECT_MS} ms`)), CONNECT_MS)
      socket.once('connect', connected).once('close', () => clearTimeout(late)).once('connect', () => clearTimeout(late))
    })
    request.once('response', (incoming) => {
      reply = incoming
      const { statusCode: status = 0 } = incoming
      if (!(status >= 200 && status <= 599)) return end(failure('FUNCTION_FAILED', { name: replica.functionId, reason: `it answered with status ${status}` }))
      incoming.once('end', () => void (request.writableFinished || request.destroy())) // all is said; the rest of the request is nobody's
      const declared = incoming.headers['content-length']
      const isBodiless = method === 'HEAD' || status === 204 || status === 304
      if (isBodiless) incoming.resume()
      resolve({ status, headers: replyHeaders(incoming.headers), body: isBodiless ? EMPTY : incoming, length: declared === undefined ? undefined : Number(declared) })
    })
    if (Buffer.isBuffer(body)) request.end(body)
  })

/** @throws the signal's reason, TypeError for what cannot be said in HTTP */
const begun = (replica: Replica, call: HostCall): ClientRequest => {
  const { method, path, search, signal } = call
  try {
    signal.throwIfAborted()
    if (!isIdempotent(method)) replica.pool.onlyRecent()
    return send({ host: replica.host, port: replica.port, method, path: search === '' ? path : `${path}?${search}`, headers: requestHeaders(call), agent: replica.pool.agent })
  } catch (error) {
    replica.inFlight -= 1
    throw error
  }
}

/** Sends what comes as fast as the replica takes it, until it takes no more. */
const upload = async (request: ClientRequest, { head, rest }: Upload): Promise<void> => {
  let goOn = () => {}
  request.on('drain', () => goOn()).once('close', () => goOn())
  const written = async (chunk: Uint8Array): Promise<boolean> => {
    if (request.destroyed) return false
    if (!request.write(chunk) && !request.destroyed) await new Promise<void>((resolve) => { goOn = resolve })
    return !request.destroyed
  }
  if (!(await written(head))) return
  for await (const chunk of rest()) if (!(await written(chunk))) return
  request.end()
}
