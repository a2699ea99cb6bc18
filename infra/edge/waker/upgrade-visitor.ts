import type { IncomingMessage } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { failure, type CatalogueError } from '../../../events/errors.ts'
import { problemAnswer } from '../answers.ts'
import { dial } from './dial.ts'
import { MISDIRECTED, endToEnd, traceOf } from './headers.ts'
import type { Visitor } from './visitor.ts'

type Exchange = { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }
type Whom = { readonly deploymentId: string; readonly counted: string; readonly claimHeader: (claimId: string) => string }

const MOST_EARLY_BYTES = 64 * 1024

/** A request for a WebSocket (RFC 6455): once the slot agrees, bytes go both ways until either end closes. */
export const upgradeVisitor = ({ request, socket, head }: Exchange, { deploymentId, counted, claimHeader }: Whom): Visitor => {
  // read while it waits, or its end would not be noticed; nobody has much to send before the answer
  const early: Buffer[] = [head]
  const keep = (chunk: Buffer) => {
    early.push(chunk)
    if (Buffer.concat(early).length > MOST_EARLY_BYTES) socket.pause()
  }
  socket.on('data', keep).on('error', () => socket.destroy()).once('end', () => socket.destroy())

  return {
    deploymentId,
    counted,
    arrivedAt: Date.now(),
    traceparent: traceOf(request),
    forward: async ({ name, address, claimId }) => {
      const slot = await dial(request, address, claimHeader(claimId), ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? 'websocket'])
      if (!slot) return false
      const answered = Promise.withResolvers<boolean>()
      socket.once('close', () => {
        slot.destroy()
        answered.resolve(true)
      })
      slot.once('upgrade', (answer, slotSocket, slotHead) => {
        socket.write(headOf(answer, ['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? 'websocket']))
        socket.write(slotHead)
        socket.off('data', keep)
        for (const chunk of early) slotSocket.write(chunk)
        join(socket, slotSocket)
        answered.resolve(true)
      })
      let isMisdirected = false
      slot.once('response', (answer) => {
        if (answer.statusCode === MISDIRECTED) {
          isMisdirected = true
          answer.resume()
          return answered.resolve(false)
        }
        // it declined; the length is told by the end
        socket.write(headOf(answer, ['Connection', 'close']))
        answer.pipe(socket)
        answered.resolve(true)
      })
      slot.on('error', () => {
        if (!isMisdirected) refuse(socket, failure('SLOT_HUNG_UP', { name }))
        answered.resolve(true)
      })
      slot.end()
      return answered.promise
    },
    refuse: (error) => refuse(socket, error),
    onGone: (listener) => (socket.destroyed ? listener() : void socket.once('close', listener)),
  }
}

const join = (one: Duplex, other: Duplex): void => {
  for (const [from, to] of [[one, other], [other, one]] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy()).once('close', () => to.destroy())
  }
}

const refuse = (socket: Duplex, error: CatalogueError): void => {
  const { status, headers, body } = problemAnswer(error)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}

/** A response head as it came, but for what is for one connection. The body behind it is not in chunks any more. */
const headOf = (answer: IncomingMessage, hopByHop: readonly string[]): string => {
  const all = [...endToEnd(answer.rawHeaders), ...hopByHop]
  const lines = all.flatMap((name, index) => (index % 2 === 0 && name.toLowerCase() !== 'transfer-encoding' ? [`${name}: ${all[index + 1]}\r\n`] : []))
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join('')}\r\n`
}
