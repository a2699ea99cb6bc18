import { createServer, type Server } from 'node:net'
import { randomInt } from 'node:crypto'
import { StartError } from './part.ts'

/** Variables that hold a port the playground listens on, alone or within a URL. */
export const PORT_VARIABLES = ['HTTP_PORT', 'WAKER_PORT', 'GATEWAY_PORT', 'POSTGRES_PORT', 'NATS_URL', 'OBJECT_STORE_URL'] as const
export type PortVariable = (typeof PORT_VARIABLES)[number]
export type Ports = Readonly<Record<PortVariable, number>>

// below the range from which systems take ports for outgoing connections (RFC 6056): what is free now stays free until it is used
const [LOWEST, HIGHEST] = [15_000, 32_000]

export type Listener = { readonly variable: PortVariable; readonly port: number; readonly address: string }

/** @throws StartError naming the variable to change, for each port that is taken */
export const demandFree = async (listeners: readonly Listener[]): Promise<void> => {
  const problems = await Promise.all(listeners.map(async ({ variable, port, address }) => {
    const server = await listen(port, address)
    if (!(server instanceof Error)) return close(server)
    const code = (server as NodeJS.ErrnoException).code
    if (code === 'EACCES') return `Port ${port} (${variable}) may not be used by this user: set ${variable} to one above 1023.`
    if (code === 'EADDRINUSE') return `Port ${port} (${variable}) is taken by another program: end that, or set ${variable} to another, or start with --free-ports.`
    return `Port ${port} (${variable}) of ${address} cannot be used: ${server.message}.`
  }))
  const found = problems.filter((problem) => typeof problem === 'string')
  if (found.length > 0) throw new StartError(found.join('\n'))
}

/** A free port for each variable: the one it had last time, if that is still free, so that URLs stay as they were. */
export const chooseFree = async (variables: readonly PortVariable[], before: Partial<Ports>): Promise<Partial<Ports>> => {
  const held: Server[] = [] // all held until each is chosen: no port twice
  const chosen = new Map<PortVariable, number>()
  for (const variable of variables) {
    for (let port = before[variable] ?? randomInt(LOWEST, HIGHEST); !chosen.has(variable); port = randomInt(LOWEST, HIGHEST)) {
      const server = await listen(port, '127.0.0.1')
      if (server instanceof Error) continue
      held.push(server)
      chosen.set(variable, port)
    }
  }
  await Promise.all(held.map(close))
  return Object.fromEntries(chosen)
}

const listen = (port: number, address: string): Promise<Server | Error> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve).listen({ port, host: address, exclusive: true }, () => resolve(server))
  })

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()))
