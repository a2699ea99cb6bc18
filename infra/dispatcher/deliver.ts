import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http'
import { z } from 'zod'
import { toHeaders, type DeliveryHead } from '../delivery/cloud-event.ts'
import { sign, SIGNATURE_HEADER } from '../delivery/signature.ts'
import type { Turn } from './gateways.ts'
import type { AnsweredProblem, Outcome } from './verdict.ts'

/** Posts a delivery to the function `name`; `body` is its data as stored, unparsed. Never throws: whatever happens is an outcome. */
export type Deliver = (name: string, head: DeliveryHead, body: Uint8Array) => Promise<Outcome>

export type DeliveryOptions = {
  readonly gateways: Turn
  readonly signingKey: string
  /** Longest wait for an answer. */
  readonly timeoutMs: number
}

/** One POST to one gateway. `isUnsent`: nothing of it was written, so that another gateway may have it. */
type Tried = { readonly outcome: Outcome; readonly isUnsent: boolean }

/**
 * Deliveries over warm connections: they stay open as long as the gateway lets them (the agent sets TCP_NODELAY), so the hot path
 * is one write and one read. node:http and not fetch: half the time per request. All go to one gateway until that does not
 * answer; what it cannot have seen goes to the next at once, the rest when it is delivered again.
 */
export const openDelivery = ({ gateways, signingKey, timeoutMs }: DeliveryOptions): { readonly deliver: Deliver; readonly close: () => void } => {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' })
  const post = (url: string, name: string, head: DeliveryHead, body: Uint8Array): ClientRequest => {
    const { hostname, port } = new URL(url)
    const headers = {
      ...toHeaders(head),
      [SIGNATURE_HEADER]: sign(signingKey, { id: head.id, type: head.type, sequence: head.sequence, body }, Date.now()),
      'content-length': String(body.byteLength),
    }
    return request({ agent, host: hostname, port, method: 'POST', path: `/function/${name}`, headers })
  }

  const tryOne = (url: string, name: string, head: DeliveryHead, body: Uint8Array): Promise<Tried> =>
    new Promise((resolve) => {
      const sent = post(url, name, head, body)
      let [isOver, isUnsent] = [false, true]
      const end = (tried: () => Tried | Promise<Tried>) => {
        if (isOver) return
        isOver = true
        clearTimeout(timer)
        resolve(tried())
      }
      const timer = setTimeout(() => {
        end(() => (isUnsent ? { outcome: absent(new Error('no connection in time')), isUnsent } : { outcome: { kind: 'silent', seconds: timeoutMs / 1_000 }, isUnsent }))
        sent.destroy()
      }, timeoutMs)
      sent.once('socket', (socket) => {
        const written = () => void (isUnsent = false)
        if (socket.connecting) socket.once('connect', written)
        else written()
      })
      sent.once('response', (response) => void outcomeOf(response).then((outcome) => end(() => ({ outcome, isUnsent: false }))))
      // on a connection used before: the gateway closed it, being idle, in the moment we wrote; a new one is dialled at once
      sent.on('error', (error) => end(() => (sent.reusedSocket && isReset(error) ? tryOne(url, name, head, body) : { outcome: absent(error), isUnsent })))
      sent.end(body)
    })

  const deliver: Deliver = async (name, head, body) => {
    for (let url = gateways.current(), tries = 1; ; tries += 1) {
      const { outcome, isUnsent } = await tryOne(url, name, head, body)
      if (outcome.kind === 'answered') return outcome
      url = gateways.pass(url)
      if (!isUnsent || tries === gateways.count) return outcome
    }
  }
  return { deliver, close: () => agent.destroy() }
}

const absent = (error: Error): Outcome => ({ kind: 'absent', reason: `the gateway is away: ${error.message}` })

const isReset = (error: Error): boolean => 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')

/** The outcome once the whole answer is here: a function may fail after its first byte. */
const outcomeOf = async (response: IncomingMessage): Promise<Outcome> => {
  const status = response.statusCode ?? 0
  const isProblem = status >= 300 && (response.headers['content-type'] ?? '').startsWith('application/problem+json')
  try {
    const text = await drain(response, isProblem ? MAX_PROBLEM_BYTES : 0)
    return { kind: 'answered', status, problem: readProblem(text), retryAfter: response.headers['retry-after'] }
  } catch (error) {
    return { kind: 'absent', reason: `the answer ${status} broke off: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** Reads a response to its end and gives its first bytes. */
const drain = async (response: IncomingMessage, keepBytes: number): Promise<string> => {
  const kept: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < keepBytes) kept.push(chunk.subarray(0, keepBytes - size))
    size += chunk.byteLength
  }
  return Buffer.concat(kept).toString()
}

const MAX_PROBLEM_BYTES = 64 * 1024

// a problem of somebody else's function may hold anything: what is no string is left out
const problemSchema = z.object({ code: z.string().max(100).optional().catch(undefined), detail: z.string().optional().catch(undefined) })

const readProblem = (text: string): AnsweredProblem => {
  if (text === '') return {}
  try {
    return problemSchema.catch({}).parse(JSON.parse(text))
  } catch {
    return {} // cut off or not JSON: the status alone speaks
  }
}
