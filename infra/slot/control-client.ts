import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { CATALOGUE, failure, type ErrorCode } from '../../events/errors.ts'
import { answer, quiesceAnswer, slotStatus, type ControlCall, type QuiesceAnswer, type Refusal, type SlotStatus } from './control.ts'
import { lines } from './lines.ts'

/** The agent's side of a slot's control socket. Calls reject with the slot's own catalogue error, or an Error when it has gone. */
export type Control = {
  /** status, claim, confirm and resume. */
  tell(call: Exclude<ControlCall, { verb: 'quiesce' }>): Promise<SlotStatus>
  quiesce(): Promise<QuiesceAnswer>
  /** Resolves when the connection has ended: the slot is gone, or this side closed it; to why, when the slot said what no slot says. */
  readonly ended: Promise<string | null>
  close(): void
}

/** Connects to the control socket at `path`. @throws Error when nothing listens there */
export const connectControl = async (path: string): Promise<Control> => {
  const socket = connect(path)
  await once(socket, 'connect')
  let nonsense: string | null = null
  const call = callsOver(socket, (reason) => {
    nonsense = `its control connection was ended, for it said ${reason}`
    socket.destroy()
  })
  return {
    tell: async (request) => slotStatus.parse(await call(request)),
    quiesce: async () => quiesceAnswer.parse(await call({ verb: 'quiesce' })),
    ended: new Promise((resolve) => socket.once('close', () => resolve(nonsense))),
    close: () => socket.destroy(),
  }
}

type Waiting = { resolve(reply: unknown): void; reject(error: Error): void }

/** Longest wait for an answer, milliseconds: an attach commits to the object store and tries for ten seconds. */
const ANSWERS_WITHIN_MS = 5_000
const ATTACHES_WITHIN_MS = 20_000

const callsOver = (socket: Socket, refuse: (reason: string) => void) => {
  const waiting = new Map<number, Waiting>()
  let last = 0
  const gone = () => new Error('the slot has gone')
  socket.on('error', () => socket.destroy())
  socket.on('data', lines((line) => {
    const { data: said } = answer.safeParse(JSON.parse(line))
    if (!said) throw new Error('what is no answer')
    const call = waiting.get(said.id)
    waiting.delete(said.id)
    if (said.ok) call?.resolve(said)
    else call?.reject(asFailure(said))
  }, refuse))
  socket.once('close', () => waiting.forEach(({ reject }) => reject(gone())))
  return (request: ControlCall): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(gone())
      const id = ++last
      const late = setTimeout(() => {
        waiting.delete(id)
        reject(new Error(`the slot did not answer ${request.verb} in time`))
      }, request.verb === 'claim' ? ATTACHES_WITHIN_MS : ANSWERS_WITHIN_MS)
      const settled = <T>(settle: (with_: T) => void) => (value: T) => {
        clearTimeout(late)
        settle(value)
      }
      waiting.set(id, { resolve: settled(resolve), reject: settled(reject) })
      socket.write(`${JSON.stringify({ id, ...request })}\n`)
    })
}

const asFailure = ({ code, details }: Refusal): Error =>
  Object.hasOwn(CATALOGUE, code) && code !== 'INTERNAL' ? failure(code as ErrorCode, details) : new Error(`the slot: ${details['reason']}`)
