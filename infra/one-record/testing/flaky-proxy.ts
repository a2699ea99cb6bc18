import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to the object store that can lose answers and count requests. */
export type FlakyProxy = {
  readonly url: string
  /** Keeps answers back for so many milliseconds. */
  delay(ms: number): void
  /** Loses the answers to the next PUTs, after the store has given them. */
  loseAnswers(count: number): void
  /** Breaks every connection, present and coming, until `mend`. */
  cut(): void
  mend(): void
  /** Open connections. */
  open(): number
  readonly requests: string[]
  stop(): Promise<void>
}

/** Forwards bytes to `port` of loopback. */
export const flakyProxy = async (port: number): Promise<FlakyProxy> => {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  let toLose = 0
  let delayMs = 0
  let isCut = false

  const server = createServer((client) => {
    if (isCut) return client.destroy()
    const upstream = connect(port, '127.0.0.1')
    sockets.add(client)
    let losing = false
    client.on('data', (chunk) => {
      const [line = ''] = chunk.toString('latin1', 0, 200).split('\r\n')
      if (/^(GET|PUT) /.test(line)) {
        requests.push(line)
        losing = line.startsWith('PUT') && toLose > 0
        if (losing) toLose -= 1
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (losing) client.destroy()
      else if (delayMs === 0) client.write(chunk)
      else setTimeout(() => client.write(chunk), delayMs)
    })
    client.on('error', () => client.destroy()).on('close', () => (sockets.delete(client), upstream.destroy()))
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    isCut = true
    sockets.forEach((socket) => socket.destroy())
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delay: (ms) => { delayMs = ms },
    loseAnswers: (count) => { toLose = count },
    cut,
    mend: () => { isCut = false },
    open: () => sockets.size,
    requests,
    stop: () => {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
