import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { failure } from '../../../events/errors.ts'
import type { Awake } from '../port.ts'
import { problemAnswer } from '../answers.ts'
import { ENTRY_HEADER } from '../haproxy-config.ts'
import { requestVisitor } from './request-visitor.ts'
import { upgradeVisitor } from './upgrade-visitor.ts'
import { waitingRoom, type WaitingRoom, type WaitingRoomOptions } from './waiting-room.ts'

export type WakerOptions = WaitingRoomOptions & {
  /** Where it listens: an address and a port, or the path of a socket. */
  readonly listen: { readonly address: string; readonly port: number } | { readonly socket: string }
  readonly claimHeader: (claimId: string) => string
}
export type Waker = {
  /** See `WaitingRoom.awake`. */
  awake(claim: Awake): void
  waiting(): number
  /** See `WaitingRoom.waitingAs`. */
  waitingAs: WaitingRoom['waitingAs']
  /** Refuses who waits, then lets what is under way end, but not for long. */
  close(): Promise<void>
}

/** HAProxy takes headers up to 15 kB; ours come on top. */
const MAX_HEADER_BYTES = 32 * 1024
const CLOSE_WITHIN_MS = 3_000

/** Where HAProxy sends requests of deployments that are not routed, and those that a slot refused. */
export const startWaker = async ({ listen, claimHeader, ...options }: WakerOptions): Promise<Waker> => {
  const room = waitingRoom(options)
  const upgrades = new Set<() => void>()

  // HAProxy decides when a connection between the two is no longer of use, hence no time-outs here
  const server = createServer({
    keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES, noDelay: true,
    shouldUpgradeCallback: (request) => request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket',
  })
  const take = (expects: boolean): RequestListener => (request, response) => {
    const whom = whomOf(request)
    response.setMaxListeners(0) // each try to reach a slot listens for the visitor's end
    if (whom) return room.admit(requestVisitor({ request, response, expects }, { ...whom, claimHeader }))
    const { status, headers, body } = problemAnswer(failure('MALFORMED_REQUEST', { reason: 'the waker answers HAProxy only' }))
    response.writeHead(status, { ...headers }).end(body)
  }
  server.on('request', take(false))
  server.on('checkContinue', take(true))
  server.on('checkExpectation', take(false)) // one that nobody knows may be passed over (RFC 9110, section 10.1.1)
  server.on('upgrade', (request, socket, head) => {
    const whom = whomOf(request)
    if (!whom) return void socket.destroy()
    const end = () => void socket.destroy()
    upgrades.add(end)
    socket.setMaxListeners(0)
    socket.once('close', () => upgrades.delete(end))
    room.admit(upgradeVisitor({ request, socket, head }, { ...whom, claimHeader }))
  })

  if ('socket' in listen) {
    rmSync(listen.socket, { force: true }) // of one that was killed
    server.listen(listen.socket)
  } else {
    server.listen(listen.port, listen.address)
  }
  await once(server, 'listening')
  return {
    awake: room.awake,
    waiting: room.waiting,
    waitingAs: room.waitingAs,
    close: async () => {
      room.close()
      server.close()
      server.closeIdleConnections()
      const cut = setTimeout(() => {
        server.closeAllConnections()
        for (const end of upgrades) end()
      }, CLOSE_WITHIN_MS)
      await once(server, 'close')
      clearTimeout(cut)
    },
  }
}

const whomOf = ({ headers }: IncomingMessage): { readonly deploymentId: string; readonly counted: string } | null => {
  const entry = headers[ENTRY_HEADER]
  const [counted, deploymentId] = typeof entry === 'string' ? entry.split('|') : []
  return counted && deploymentId ? { deploymentId, counted } : null
}
