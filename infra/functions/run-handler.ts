import { answerCall, type FunctionReply, type Identity } from './answer-call.ts'
import type { FunctionCall } from './function-event.ts'
import type { FunctionHandler } from './handler.ts'
import { logUnexpected } from './unexpected.ts'

export type { FunctionReply, Identity }

/** Calls a handler in this process; what it throws and the catalogue does not know is in this process's log. */
export const runHandler = (handler: FunctionHandler, call: FunctionCall, identity: Identity): Promise<FunctionReply> =>
  answerCall(handler, call, identity, logUnexpected)
