import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What listens on a port of loopback is reached on a free port of another address of this machine as well, as containers reach it. */
export const forward = async (port: number, address: string): Promise<{ readonly port: number; stop(): void }> => {
  const sockets = new Set<Socket>()
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1')
    for (const [socket, other] of [[from, to], [to, from]] as const) {
      sockets.add(socket)
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      }).on('error', () => socket.destroy()).pipe(other)
    }
  }).listen(0, address)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.close()
      sockets.forEach((socket) => socket.destroy())
    },
  }
}
