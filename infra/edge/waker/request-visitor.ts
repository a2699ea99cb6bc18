import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { failure } from '../../../events/errors.ts'
import { problemAnswer } from '../answers.ts'
import { dial } from './dial.ts'
import { endToEnd, traceOf } from './headers.ts'
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
    passOn(request, response, slot, name)
    return true
  },
  refuse: (error) => {
    const { status, headers, body } = problemAnswer(error)
    // what is left of the body is not read: the connection ends with the answer
    response.writeHead(status, { ...headers, Connection: 'close' }).end(body)
  },
  onGone: (listener) => (response.destroyed ? listener() : void response.once('close', listener)),
})

const passOn = (request: IncomingMessage, response: ServerResponse, slot: ClientRequest, name: string): void => {
  slot.once('response', (answer) => {
    response.sendDate = false // the slot's own is passed on
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders)).flushHeaders()
    pipeline(answer, response, () => {}) // a slot that hangs up midway ends the visitor's connection
  })
  slot.on('error', () => {
    if (response.headersSent) return
    const { status, headers, body } = problemAnswer(failure('SLOT_HUNG_UP', { name }))
    response.writeHead(status, { ...headers, Connection: 'close' }).end(body)
  })
  // gone midway, or answered before the whole body was taken
  response.once('close', () => slot.destroy())
  slot.flushHeaders() // the slot may answer before the body comes
  request.pipe(slot)
}
