import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { failure, type CatalogueError } from '../../../events/errors.ts'
import { problemAnswer } from '../answers.ts'
import { dial } from './dial.ts'
import { MISDIRECTED, endToEnd, traceOf } from './headers.ts'
import type { Visitor } from './visitor.ts'

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse; /** The visitor waits for `100 Continue` before it sends its body. */ readonly expects: boolean }
type Whom = { readonly deploymentId: string; readonly counted: string; readonly claimHeader: (claimId: string) => string }

/** An ordinary request. Its body is not read before there is a slot that takes it; then both ways are streams. */
export const requestVisitor = ({ request, response, expects }: Exchange, { deploymentId, counted, claimHeader }: Whom): Visitor => ({
  deploymentId,
  counted,
  arrivedAt: Date.now(),
  traceparent: traceOf(request),
  forward: async ({ name, address, claimId }) => {
    const slot = await dial(request, address, claimHeader(claimId), ['Connection', 'close'])
    if (!slot) return false
    if (response.destroyed) {
      slot.destroy()
      return true
    }
    if (expects) response.writeContinue()
    return passOn(request, response, slot, name)
  },
  refuse: (error) => {
    const { status, headers, body } = problemAnswer(error)
    // what is left of the body is not read: the connection ends with the answer
    response.writeHead(status, { ...headers, Connection: 'close' }).end(body)
  },
  onGone: (listener) => (response.destroyed ? listener() : void response.once('close', listener)),
})

/** Resolves when the slot has answered, or never will; to false when it is the slot of another claim now, and nothing is lost by asking anew. */
const passOn = (request: IncomingMessage, response: ServerResponse, slot: ClientRequest, name: string): Promise<boolean> =>
  new Promise((resolve) => {
    const refuse = (error: CatalogueError) => {
      const { status, headers, body } = problemAnswer(error)
      response.writeHead(status, { ...headers, Connection: 'close' }).end(body)
    }
    let isMisdirected = false
    slot.on('information', ({ statusCode, headers }) => {
      if (statusCode === 103 && headers['link'] !== undefined) response.writeEarlyHints({ link: headers['link'] })
    })
    slot.once('response', (answer) => {
      if (answer.statusCode === MISDIRECTED) {
        isMisdirected = true
        answer.resume()
        if (!hasBody(request)) return resolve(false)
        refuse(failure('BACKEND_UNAVAILABLE')) // its body is read and gone
        return resolve(true)
      }
      response.sendDate = false // the slot's own is passed on
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders)).flushHeaders()
      answer.once('end', () => response.addTrailers(pairs(answer.rawTrailers)))
      pipeline(answer, response, () => {}) // a slot that hangs up midway ends the visitor's connection
      resolve(true)
    })
    slot.on('error', () => {
      if (!response.headersSent && !isMisdirected) refuse(failure('SLOT_HUNG_UP', { name }))
      resolve(true)
    })
    // gone midway, or answered before the whole body was taken
    response.once('close', () => {
      slot.destroy()
      resolve(true)
    })
    slot.flushHeaders() // the slot may answer before the body comes
    request.once('end', () => slot.addTrailers(pairs(request.rawTrailers)))
    request.pipe(slot)
  })

const hasBody = ({ headers }: IncomingMessage): boolean => headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/** Names and values in turn, as pairs. */
const pairs = (raw: readonly string[]): [string, string][] => raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as [string, string]] : []))
