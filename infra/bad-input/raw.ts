import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'

/** Bytes that are HTTP only nearly. `host` is a whole header line. */
type Shape = (host: string, marker: string) => string

const SMUGGLED = (host: string, marker: string) => `POST /api/deployments HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: ${`{"name":"smuggled-${marker}"}`.length}\r\n\r\n{"name":"smuggled-${marker}"}`

/** Two readers of these could see two different requests (RFC 9112, section 11.2), or none. */
const AMBIGUOUS: Readonly<Record<string, Shape>> = {
  'length and chunks': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED(host, marker)}`,
  'chunks and length': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 200\r\n\r\n0\r\n\r\n${SMUGGLED(host, marker)}`,
  'two lengths': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Content-Length: 0\r\nContent-Length: 400\r\n\r\n${SMUGGLED(host, marker)}`,
  'a length list': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Content-Length: 0, 400\r\n\r\n${SMUGGLED(host, marker)}`,
  'a signed length': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Content-Length: +0\r\n\r\n${SMUGGLED(host, marker)}`,
  'an odd coding': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${SMUGGLED(host, marker)}`,
  'a coding twice': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${SMUGGLED(host, marker)}`,
  'a blank before the colon': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${SMUGGLED(host, marker)}`,
  'a folded header': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${SMUGGLED(host, marker)}`,
  'a huge chunk': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n${marker}\r\n`,
  'a negative chunk': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n-1\r\n${marker}\r\n0\r\n\r\n`,
  'a chunk of another size': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n2\r\n${marker}\r\n0\r\n\r\n`,
  'NUL in a header': (host, marker) => `GET /api/nodes HTTP/1.1\r\n${host}X-Odd: a\0${marker}\r\n\r\n`,
  'a bare CR': (host, marker) => `GET /api/nodes HTTP/1.1\r\n${host}X-Odd: a\r${marker}\r\n\r\n`,
  'no version': (host, marker) => `GET /api/${marker}\r\n${host}\r\n`,
  'version 2 in clear': (host) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${host}`,
  'a version to come': (host, marker) => `GET /api/${marker} HTTP/9.9\r\n${host}\r\n`,
  'an absolute target': (_, marker) => `GET http://127.0.0.1:1/${marker} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  'a tunnel': (host) => `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${host}\r\n`,
  'too many headers': (host, marker) => `GET /api/${marker} HTTP/1.1\r\n${host}${Array.from({ length: 300 }, (_, n) => `X-${n}: ${n}\r\n`).join('')}\r\n`,
  'a long line': (host, marker) => `GET /api/${marker}${'x'.repeat(60_000)} HTTP/1.1\r\n${host}\r\n`,
  'TLS': () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'nothing of the sort': (_, marker) => `\0\0\0${marker}\r\n\r\n`,
  'an unknown expectation': (host, marker) => `POST /api/nodes HTTP/1.1\r\n${host}Expect: ${marker}\r\nContent-Length: 2\r\n\r\n{}`,
}

/** How the rest is sent: at once, in pieces, or never. */
export type RawPlan = { readonly shape: string; readonly cut: number; readonly manner: 'whole' | 'pieces' | 'cut off' | 'reset' }
export const rawPlans: fc.Arbitrary<RawPlan> = fc.record({ shape: fc.constantFrom(...Object.keys(AMBIGUOUS)), cut: fc.double({ min: 0, max: 1, noNaN: true }), manner: fc.constantFrom('whole', 'whole', 'pieces', 'cut off', 'reset') })

const WAIT_MS = 500

/** Speaks to the edge without HTTP's help and hangs up. Resolves to everything that came back. */
export const speakRaw = async (port: number, { shape, cut, manner }: RawPlan, host: string, marker: string): Promise<string> => {
  const bytes = Buffer.from(AMBIGUOUS[shape]?.(`Host: ${host}\r\n`, marker) ?? '', 'latin1')
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => socket.destroy())
  await once(socket, 'connect')
  const at = Math.floor(bytes.length * cut)
  socket.write(bytes.subarray(0, manner === 'whole' ? bytes.length : at))
  if (manner === 'reset') socket.resetAndDestroy()
  else {
    if (manner === 'pieces') setImmediate(() => socket.write(bytes.subarray(at)))
    if (manner === 'cut off') socket.end()
    await closed(socket)
  }
  return Buffer.concat(chunks).toString('latin1')
}

/** A keep-alive connection is not closed by the other side: it is left after a while. Errors are one way to be closed. */
const closed = async (socket: Socket): Promise<void> => {
  const timer = setTimeout(() => socket.destroy(), WAIT_MS)
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  clearTimeout(timer)
}

/** So many connections that begin a request and do not go on; to be destroyed by who asked for them. */
export const slowLoris = async (port: number, host: string, connections: number): Promise<readonly Socket[]> => {
  const sockets = Array.from({ length: connections }, () => connect({ host: '127.0.0.1', port, noDelay: true }).on('error', () => {}))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  for (const [index, socket] of sockets.entries()) socket.write(index % 2 === 0 ? `GET /api/nodes HTTP/1.1\r\nHost: ${host}\r\nX-` : `POST /api/deployments HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\n{`)
  return sockets
}
