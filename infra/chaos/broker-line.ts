import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { EVERYBODY, type Cut } from './plan.ts'

/**
 * The line between the parts and the broker: every part connects here, and is known by the name it gives in its CONNECT. Cut, it
 * is half open: connections stand, new ones are accepted, and not a byte passes.
 */
export type BrokerLine = {
  readonly port: number
  /** Who is connected now, by name. */
  connected(): readonly string[]
  cut(part: string, how: Cut): void
  mend(part: string): void
  close(): Promise<void>
}

type Wire = { readonly near: Socket; readonly far: Socket; part: string; /** Some of what was sent is lost: it can only end. */ torn: boolean }

export const openBrokerLine = async (brokerPort: number): Promise<BrokerLine> => {
  const wires = new Set<Wire>()
  const cuts = new Map<string, Cut>()
  const cutOf = (part: string): Cut | undefined => cuts.get(part) ?? cuts.get(EVERYBODY)

  const end = (wire: Wire): void => {
    wires.delete(wire)
    for (const socket of [wire.near, wire.far]) if (!socket.destroyed) socket.resetAndDestroy()
  }
  const apply = (wire: Wire): void => {
    const how = cutOf(wire.part)
    if (wire.torn && how === undefined) return end(wire)
    for (const socket of [wire.near, wire.far]) socket[how === 'late' ? 'pause' : 'resume']()
  }

  const server = createServer((near) => {
    const far = connect(brokerPort, '127.0.0.1')
    const wire: Wire = { near, far, part: '', torn: false }
    wires.add(wire)
    near.prependListener('data', (chunk: Buffer) => {
      if (wire.part !== '') return
      wire.part = nameIn(chunk)
      apply(wire)
    })
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.on('data', (chunk: Buffer) => {
        // until it has said who it is, everything passes
        if (wire.part !== '' && cutOf(wire.part) === 'lost') wire.torn = true
        else if (!wire.torn) to.write(chunk)
      })
      from.on('error', () => from.destroy()).on('close', () => {
        wire.torn = true
        if (cutOf(wire.part) === undefined) end(wire) // else the other side does not hear of it before the line is mended
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  return {
    port: address.port,
    connected: () => [...wires].map(({ part }) => part).toSorted(),
    cut: (part, how) => {
      cuts.set(part, how)
      wires.forEach(apply)
    },
    mend: (part) => {
      cuts.delete(part)
      wires.forEach(apply)
    },
    close: async () => {
      wires.forEach(end)
      server.close()
      await once(server, 'close')
    },
  }
}

/** `edge-2` of `CONNECT {"name":"edge-2: edge", ...}`, the client's first line (NATS client protocol); `unnamed` without one. */
const nameIn = (chunk: Buffer): string => /"name":"([^":]+)/.exec(chunk.toString('utf8'))?.[1] ?? 'unnamed'
