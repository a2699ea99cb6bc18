import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { webhookSignature } from '../../delivery/webhook.ts'

export type Received = { readonly id: string; readonly type: string; readonly subject: string; readonly attempt: number; readonly body: unknown; readonly signatures: readonly string[] }
/** What the receiver answers: a status, with headers or without; `hang`: nothing, ever. */
export type Reply = number | 'hang' | { readonly status: number; readonly headers: Record<string, string> }

/** Another team's service: a real HTTP server that takes only what is signed with the secret it was given. */
export class Receiver {
  secret = ''
  answer: (received: Received) => Reply = () => 204
  /** Deliveries whose signature holds, in the order they came. */
  readonly received: Received[] = []
  readonly forged: string[] = []
  #server: Server | undefined
  #port = 0

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`
  }
  get ids(): readonly string[] {
    return this.received.map(({ id }) => id)
  }

  /** Listens, the second time on the same port. */
  async start(): Promise<this> {
    this.#server = createServer((request, response) => void (async () => {
      const body = await buffer(request)
      const header = (name: string) => String(request.headers[name] ?? '')
      const signatures = header('webhook-signature').split(' ')
      if (!signatures.includes(webhookSignature([this.secret], header('webhook-id'), header('webhook-timestamp'), body))) {
        this.forged.push(header('ce-id'))
        return void response.writeHead(401).end()
      }
      const received = { id: header('ce-id'), type: header('ce-type'), subject: header('ce-subject'), attempt: Number(header('ce-attempt')), body: JSON.parse(body.toString()) as unknown, signatures }
      this.received.push(received)
      const reply = this.answer(received)
      if (reply === 'hang') return
      const { status, headers } = typeof reply === 'number' ? { status: reply, headers: {} } : reply
      response.writeHead(status, headers).end()
    })())
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve))
    this.#server?.closeAllConnections()
    await closed
  }
}
