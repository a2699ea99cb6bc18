import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { CatalogueError } from '../../events/errors.ts'
import { controlRequest, type ControlRequest } from './control.ts'
import { lines } from './lines.ts'

/** The slot's side of its control socket. `left` is called when the last agent has gone. */
export type ControlHandlers = {
  answer(request: ControlRequest): object | Promise<object>
  left(): void
}

/** Listens on the unix socket `path` (its folder is the agent's alone). */
export const openControl = async (path: string, { answer, left }: ControlHandlers): Promise<void> => {
  rmSync(path, { force: true })
  const agents = new Set<Socket>()
  const server = createServer((socket) => {
    agents.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      agents.delete(socket)
      if (agents.size === 0) left()
    })
    socket.on('data', lines((line) => void respond(JSON.parse(line), socket, answer), () => socket.destroy()))
  })
  server.listen(path)
  await once(server, 'listening')
}

const respond = async (line: unknown, socket: Socket, answer: ControlHandlers['answer']): Promise<void> => {
  const parsed = controlRequest.safeParse(line)
  if (!parsed.success) return void socket.destroy() // an agent of another release: it adopts no slot that it cannot talk to
  const { id } = parsed.data
  try {
    socket.write(`${JSON.stringify({ id, ok: true, ...(await answer(parsed.data)) })}\n`)
  } catch (error) {
    const { code, details } = error instanceof CatalogueError ? error : { code: 'INTERNAL', details: { reason: String(error) } }
    socket.write(`${JSON.stringify({ id, ok: false, code, details })}\n`)
  }
}
