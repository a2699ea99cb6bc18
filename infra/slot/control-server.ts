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
    socket.on('data', lines((line) => void respond(line, socket, answer)))
  })
  server.listen(path)
  await once(server, 'listening')
}

const respond = async (line: string, socket: Socket, answer: ControlHandlers['answer']): Promise<void> => {
  const request: { readonly id?: unknown } = JSON.parse(line)
  try {
    const result = await answer(controlRequest.parse(request))
    socket.write(`${JSON.stringify({ id: request.id, ok: true, ...result })}\n`)
  } catch (error) {
    const { code, details } = error instanceof CatalogueError ? error : { code: 'INTERNAL', details: { reason: String(error) } }
    socket.write(`${JSON.stringify({ id: request.id, ok: false, code, details })}\n`)
  }
}
