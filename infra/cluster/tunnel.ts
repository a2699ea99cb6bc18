import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { docker } from '../images/docker.ts'

/** A port of this machine's loopback that leads to a server on the cluster's networks, for as long as it is open. */
export type Tunnel = { readonly port: number; close(): Promise<void> }

/** Run in a container: what comes in goes to host:port, and back. */
const PIPE = 'const [host, port] = process.argv.slice(1); const socket = require("node:net").connect(Number(port), host); process.stdin.pipe(socket).pipe(process.stdout); socket.on("error", () => process.exit(1)).on("close", () => process.exit(0))'

/**
 * Through a container of the minting service on this engine's node, which is on the networks of the broker and of the object store: one
 * process there for each connection. Nothing is opened to anybody else. @throws Error when none runs on this node
 */
export const openTunnel = async (service: string, host: string, port: number): Promise<Tunnel> => {
  const [container] = (await docker(['ps', '--quiet', '--filter', `label=com.docker.swarm.service.name=${service}`, '--filter', 'status=running'])).split('\n').filter(Boolean)
  if (container === undefined) throw new Error(`no task of ${service} runs on this node; run this where one does (npm run cluster -- status)`)
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const child = spawn('docker', ['exec', '--interactive', container, 'node', '-e', PIPE, host, String(port)], { stdio: ['pipe', 'pipe', 'ignore'] })
    socket.pipe(child.stdin).on('error', () => socket.destroy())
    child.stdout.pipe(socket)
    socket.on('error', () => child.kill()).on('close', () => child.kill())
    child.once('error', () => socket.destroy()).once('exit', () => socket.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    close: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
