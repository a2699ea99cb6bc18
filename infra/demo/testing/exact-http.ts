import { request as open, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'

/** What was answered; `json` is null when the body is none. */
export type Reply = { readonly status: number; readonly headers: Readonly<Record<string, string | undefined>>; readonly text: string; readonly json: unknown }
export type Sent = { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Uint8Array }

/** Sends a request to a port of this machine with its path exactly as given: dots and percent signs included, which `fetch` tidies up. */
export const sendExact = (port: number, path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const length = body === undefined || headers['transfer-encoding'] ? {} : { 'content-length': Buffer.byteLength(body) }
    const request = open({ host: '127.0.0.1', port, path, method, agent: false, headers: { ...length, ...headers } }, (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject)
        .once('end', () => resolve(reply(response.statusCode ?? 0, response.headers as Reply['headers'], Buffer.concat(chunks).toString('utf8'))))
    })
    request.once('error', reject).end(body)
  })

/** Sends these very bytes, HTTP or not, and reads until the other side closes. */
export const sendBytes = async (port: number, bytes: string): Promise<Reply> => {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.write(bytes, 'latin1')
  const chunks: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
  const [head = '', ...rest] = Buffer.concat(chunks).toString('utf8').split('\r\n\r\n')
  const [status = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
  return reply(Number(status.split(' ')[1] ?? 0), Object.fromEntries(headers) as Reply['headers'], rest.join('\r\n\r\n'))
}

const reply = (status: number, headers: Reply['headers'], text: string): Reply => ({ status, headers, text, json: parse(text) })

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
