import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { CATALOGUE, failure, type ErrorCode } from '../../events/errors.ts'
import { quiesceAnswer, refusal, slotStatus, type ControlCall, type QuiesceAnswer, type Refusal, type SlotStatus } from './control.ts'
import { lines } from './lines.ts'

/** The agent's side of a slot's control socket. Calls reject with the slot's own catalogue error, or an Error when it has gone. */
export type Control = {
  /** status, claim, confirm and resume. */
  tell(call: Exclude<ControlCall, { verb: 'quiesce' }>): Promise<SlotStatus>
  quiesce(): Promise<QuiesceAnswer>
  release(): void
  /** Resolves when the connection has ended: the slot is gone, or this side closed it. */
  readonly ended: Promise<void>
  close(): void
}

/** Connects to the control socket at `path`. @throws Error when nothing listens there */
export const connectControl = async (path: string): Promise<Control> => {
  const socket = connect(path)
  await once(socket, 'connect')
  const call = callsOver(socket)
  return {
    tell: async (request) => slotStatus.parse(await call(request)),
    quiesce: async () => quiesceAnswer.parse(await call({ verb: 'quiesce' })),
    // its answer may be lost with the slot
    release: () => void call({ verb: 'release' }).catch(() => undefined),
    ended: new Promise((resolve) => socket.once('close', () => resolve())),
    close: () => socket.destroy(),
  }
}

type Waiting = { resolve(reply: unknown): void; reject(error: Error): void }

const callsOver = (socket: Socket) => {
  const waiting = new Map<number, Waiting>()
  let last = 0
  const gone = () => new Error('the slot has gone')
  socket.on('error', () => socket.destroy())
  socket.on('data', lines((line) => {
    const reply: { readonly id: number } = JSON.parse(line)
    const refused = refusal.safeParse(reply)
    if (refused.success) waiting.get(reply.id)?.reject(asFailure(refused.data))
    else waiting.get(reply.id)?.resolve(reply)
    waiting.delete(reply.id)
  }))
  socket.once('close', () => waiting.forEach(({ reject }) => reject(gone())))
  return (request: ControlCall): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(gone())
      waiting.set(++last, { resolve, reject })
      socket.write(`${JSON.stringify({ id: last, ...request })}\n`)
    })
}

const asFailure = ({ code, details }: Refusal): Error =>
  code in CATALOGUE && code !== 'INTERNAL' ? failure(code as ErrorCode, details) : new Error(`the slot: ${details['reason']}`)
