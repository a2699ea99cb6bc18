import { createServer, type Server } from 'node:net'
import { randomInt } from 'node:crypto'
import { StartError } from './part.ts'

/** Variables that hold a port the playground listens on, alone or within a URL. */
export const PORT_VARIABLES = ['HTTP_PORT', 'WAKER_PORT', 'GATEWAY_PORT', 'POSTGRES_PORT', 'NATS_URL', 'OBJECT_STORE_URL'] as const
export type PortVariable = (typeof PORT_VARIABLES)[number]
/** `HTTP_PORT`, and that of the second edge: `HTTP_PORT 2`. */
export type PortName = PortVariable | `${PortVariable} ${number}`
export type Ports = Readonly<Record<PortVariable, number>> & Readonly<Partial<Record<PortName, number>>>

/** The names of the second port and those after it. */
export const furtherPorts = (variable: PortVariable, count: number): readonly PortName[] =>
  Array.from({ length: count - 1 }, (_, index): PortName => `${variable} ${index + 2}`)

/** The port of one of several alike, counted from 0. */
export const portOf = (ports: Ports, variable: PortVariable, index: number): number => {
  const name: PortName = index === 0 ? variable : `${variable} ${index + 1}`
  const port = ports[name]
  if (port === undefined) throw new Error(`no port was chosen for ${name}`)
  return port
}

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

/** A free port for each name: the one it had last time, if that is still free, so that URLs stay as they were. */
export const chooseFree = async (names: readonly PortName[], before: Partial<Ports>): Promise<Partial<Ports>> => {
  const held: Server[] = [] // all held until each is chosen: no port twice
  const chosen = new Map<PortName, number>()
  for (const name of names) {
    for (let port = before[name] ?? randomInt(LOWEST, HIGHEST); !chosen.has(name); port = randomInt(LOWEST, HIGHEST)) {
      const server = await listen(port, '127.0.0.1')
      if (server instanceof Error) continue
      held.push(server)
      chosen.set(name, port)
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
