import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A TCP forwarder, to be put between two parts that are to be cut off from one another. */
export type Forwarder = {
  readonly port: number
  /** No byte passes any more, either way, and no connection ends: what a partition looks like. New ones are accepted and silent. */
  cut(): void
  /** What was held back passes on. */
  mend(): void
  close(): Promise<void>
}

/** From an address of this machine to a port of loopback. */
export const startForwarder = async (target: number, address = '127.0.0.1'): Promise<Forwarder> => {
  const sockets = new Set<Socket>()
  let isCut = false

  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.on('data', (chunk: Buffer) => void to.write(chunk)).on('error', () => from.destroy()).on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      if (isCut) from.pause()
    }
  })
  server.listen(0, address)
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    port: bound.port,
    cut: () => {
      isCut = true
      for (const socket of sockets) socket.pause()
    },
    mend: () => {
      isCut = false
      for (const socket of sockets) socket.resume()
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
