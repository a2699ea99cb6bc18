import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { refusal, SIGNATURE_HEADER } from '../../delivery/signature.ts'
import type { ListedFunction } from '../subscriber.ts'

export const KEY = 'signing-key-of-the-test'
export const CREDENTIALS = { user: 'admin', password: 'gateway-password' } as const

export type Call = {
  readonly name: string
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly sequence: number
  readonly attempt: number
  readonly body: unknown
  /** Milliseconds, `performance.now()`. */
  readonly at: number
}
export type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
/** What the function under test does with a delivery; nothing: 204. */
export type Handler = (call: Call) => Answer | void | Promise<Answer | void>

/**
 * The two endpoints of the gateway that the dispatcher needs, as a real HTTP server: the list, and invocations. It accepts only
 * deliveries whose signature holds, checked as the functions check it.
 */
export class TestGateway {
  functions: ListedFunction[] = []
  handler: Handler = () => {}
  /** Deliveries with a good signature, in the order they came. */
  readonly calls: Call[] = []
  /** Deliveries of unknown functions, and those refused with the reason. */
  readonly refused: string[] = []
  lists = 0
  #server: Server | undefined
  #port = 0

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Listens, the second time on the same port. */
  async start(): Promise<this> {
    this.#server = createServer((request, response) => void this.#serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined)))
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  /** Gone at once, connections included. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve))
    this.#server?.closeAllConnections()
    await closed
  }

  of(name: string): readonly Call[] {
    return this.calls.filter((call) => call.name === name)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = performance.now()
    const body = await buffer(request)
    const { status, headers, body: answer } = request.url === '/system/functions' ? this.#list(request) : await this.#invoke(request, body, at)
    response.writeHead(status, headers).end(answer === undefined ? undefined : JSON.stringify(answer))
  }

  #list(request: IncomingMessage): Answer {
    this.lists += 1
    const expected = `Basic ${Buffer.from(`${CREDENTIALS.user}:${CREDENTIALS.password}`).toString('base64')}`
    return request.headers.authorization === expected ? { status: 200, body: this.functions } : { status: 401 }
  }

  async #invoke(request: IncomingMessage, body: Buffer, at: number): Promise<Answer> {
    const name = /^\/function\/([a-z0-9-]+)$/.exec(request.url ?? '')?.[1]
    if (request.method !== 'POST' || !this.functions.some((each) => each.name === name) || name === undefined) return this.#refuse(404, 'FUNCTION_NOT_FOUND', String(name))
    const header = (key: string) => String(request.headers[key] ?? '')
    const signed = { id: header('ce-id'), type: header('ce-type'), sequence: header('ce-sequence'), body }
    const reason = refusal(KEY, signed, header(SIGNATURE_HEADER), Date.now())
    if (reason !== null) return this.#refuse(401, 'UNSIGNED_DELIVERY', reason)
    const call: Call = {
      name, id: signed.id, type: signed.type, subject: header('ce-subject'), sequence: Number(signed.sequence), attempt: Number(header('ce-attempt')),
      body: JSON.parse(body.toString()), at,
    }
    this.calls.push(call)
    return (await this.handler(call)) ?? { status: 204 }
  }

  #refuse(status: number, code: string, detail: string): Answer {
    this.refused.push(detail)
    return problem(status, code, detail)
  }
}

export const problem = (status: number, code: string, detail = code, headers: Record<string, string> = {}): Answer => ({
  status, headers: { 'content-type': 'application/problem+json', ...headers }, body: { code, detail },
})
