import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { Config } from '../config.ts'
import { parseAllow } from './allow.ts'
import type { Outbound, OutboundRequest, Outcome } from './port.ts'
import { dnsResolve, type Resolve } from './resolve.ts'
import { judge, parseTarget, Refused, type Guard, type Target } from './target.ts'

export type OutboundOptions = Guard & {
  /** The name servers by default. */
  readonly resolve?: Resolve
  /** Until the connection stands, name and TLS included, milliseconds. 5 s by default. */
  readonly connectMs?: number
  /** Until a status came, milliseconds. 30 s by default. What drips a body is cut at this time too; its status stands. */
  readonly totalMs?: number
  /** Bytes of an answer's body that are read; with more the connection is ended. 64 KiB by default. */
  readonly maxBodyBytes?: number
}

/** The guard as configured. @throws Error naming a wrong entry of OUTBOUND_ALLOW */
export const outboundOptions = (config: Pick<Config, 'OUTBOUND_ALLOW' | 'PLATFORM_HOST' | 'DEPLOYMENTS_DOMAIN'>): OutboundOptions => ({
  allow: parseAllow(config.OUTBOUND_ALLOW),
  ownHosts: [config.PLATFORM_HOST, config.DEPLOYMENTS_DOMAIN, `*.${config.DEPLOYMENTS_DOMAIN}`],
})

/** The guarded client: see port.ts. */
export const openOutbound = (options: OutboundOptions): Outbound => {
  const { resolve = dnsResolve(), connectMs = 5_000, totalMs = 30_000, maxBodyBytes = 64 * 1024 } = options
  const agents = { 'http:': new http.Agent(KEPT), 'https:': new https.Agent(KEPT) }

  const addressesOf = async (target: Target): Promise<readonly string[]> => {
    const addresses = isIP(target.host) === 0 ? await resolve(target) : [target.host]
    if (addresses.length === 0) throw new Error(`${target.host} has no address`)
    // all of them: who mixes public and private ones means no good
    for (const address of addresses) judge(target, address, options)
    return addresses
  }

  /** The only way from a name to a connection. A literal address never comes here: parseTarget judged it. */
  const lookupFor = (target: Target): LookupFunction => async (_, { all, family }, done) => {
    const addresses = await addressesOf(target).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    if (addresses instanceof Error) return done(addresses, '', 0)
    const found = addresses.map((address) => ({ address, family: isIP(address) })).filter((each) => !family || each.family === family)
    const [first] = found
    if (!first) return done(new Error(`${target.host} has no address of family ${String(family)}`), '', 0)
    return all ? done(null, found) : done(null, first.address, first.family)
  }

  const open = (target: Target, { method = 'POST', headers, body }: OutboundRequest): http.ClientRequest => {
    const { url } = target
    return (url.protocol === 'https:' ? https : http).request({
      agent: agents[url.protocol === 'https:' ? 'https:' : 'http:'],
      protocol: url.protocol, host: target.host, port: target.port, path: `${url.pathname}${url.search}`, method,
      headers: { ...endToEnd(headers), host: url.host, 'content-length': String(body.byteLength) },
      lookup: lookupFor(target), maxHeaderSize: MAX_HEADER_BYTES,
    })
  }

  const exchange = (target: Target, request: OutboundRequest, again = false): Promise<Outcome> =>
    new Promise((settle) => {
      const began = performance.now()
      const sent = open(target, request)
      const give = (outcome: Outcome | Promise<Outcome>) => (clearTimeout(connecting), settle(outcome)) // the first one counts
      const connecting = setTimeout(() => {
        give({ kind: 'unreachable', reason: `no connection within ${connectMs / 1_000} seconds` })
        sent.destroy()
      }, connectMs)
      const whole = setTimeout(() => {
        give({ kind: 'silent', seconds: totalMs / 1_000 })
        sent.destroy()
      }, totalMs)
      sent.once('socket', (socket) => {
        if (!socket.connecting) return clearTimeout(connecting)
        return socket.once(target.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(connecting))
      })
      sent.once('response', (response) => {
        const answered = { kind: 'answered' as const, status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], ms: performance.now() - began }
        if (!request.wantsBody) {
          give(answered)
          return discard(response, maxBodyBytes)
        }
        return collect(response, maxBodyBytes, (body) => give(typeof body === 'string' ? { kind: 'unreachable', reason: body } : { ...answered, body }))
      })
      sent.once('close', () => {
        clearTimeout(whole)
        give({ kind: 'unreachable', reason: 'the connection ended before a status came' })
      })
      sent.on('error', (error) => {
        // a kept connection that was closed in the moment we wrote: a new one is dialled, once
        if (sent.reusedSocket && !again && isReset(error)) return give(exchange(target, request, true))
        return give(error instanceof Refused ? { kind: 'refused', reason: error.message } : { kind: 'unreachable', reason: error.message })
      })
      sent.end(request.body)
    })

  return {
    refusal: async (url) => {
      try {
        await addressesOf(parseTarget(url, options))
        return null
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    },
    send: async (request) => {
      try {
        return await exchange(parseTarget(request.url, options), request)
      } catch (error) {
        if (error instanceof Refused) return { kind: 'refused', reason: error.message }
        return { kind: 'unreachable', reason: error instanceof Error ? error.message : String(error) } // a header that cannot be written
      }
    },
    close: () => Object.values(agents).forEach((agent) => agent.destroy()),
  }
}

/** Kept connections end after five quiet seconds: those were judged when they were made, and judgements should not grow old. */
const KEPT: http.AgentOptions = { keepAlive: true, maxFreeSockets: 64, maxSockets: 256, timeout: 5_000 }
const MAX_HEADER_BYTES = 16 * 1024

/** Those of one connection are ours (RFC 9110, section 7.6.1): a stranger's `transfer-encoding` beside our length would be two messages in one. */
const OURS = new Set(['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'host', 'content-length'])

const endToEnd = (headers: OutboundRequest['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OURS.has(name.toLowerCase()) && !name.toLowerCase().startsWith('proxy-')))

/** Reads what is left up to the limit, so that the connection can be kept; beyond it the connection ends. */
const discard = (response: http.IncomingMessage, maxBytes: number): void => {
  let size = 0
  response.on('data', (chunk: Buffer) => {
    size += chunk.byteLength
    if (size > maxBytes) response.destroy()
  })
  response.on('error', () => response.destroy()) // its status stands
}

/** Reads the whole body, or says why there is none. */
const collect = (response: http.IncomingMessage, maxBytes: number, done: (body: Buffer | string) => void): void => {
  const chunks: Buffer[] = []
  let size = 0
  response.on('data', (chunk: Buffer) => {
    size += chunk.byteLength
    chunks.push(chunk)
    if (size <= maxBytes) return
    done(`its answer is larger than ${maxBytes} bytes`)
    response.destroy()
  })
  response.once('end', () => done(Buffer.concat(chunks)))
  response.on('error', () => done('the connection ended within its answer'))
}

const isReset = (error: Error): boolean => 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
