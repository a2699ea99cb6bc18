import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What ends an answer in HAProxy's interactive mode. */
const PROMPT = '\n> '
const RECONNECT_MS = 50

type Pending = { readonly resolve: (answer: string) => void; readonly reject: (error: Error) => void }

/** One lasting connection to HAProxy's runtime API (management guide, section 9.3). */
export type RuntimeSocket = {
  /** Commands may be sent without waiting: they are run in order. Rejects when HAProxy is away. */
  send(command: string): Promise<string>
  close(): void
}

/**
 * Connects, and again whenever HAProxy went away; `onConnect` is called each time, since all it knew may be lost. Ends with `close`.
 */
export const runtimeSocket = (path: string, onConnect: () => void): RuntimeSocket => {
  let closed = false
  let current: Socket | null = null
  let live: { readonly socket: Socket; readonly pending: Pending[] } | null = null

  const serve = async (socket: Socket): Promise<void> => {
    await once(socket, 'connect')
    const pending: Pending[] = []
    const gone = new Promise<void>((resolve) => socket.once('close', resolve))
    // HAProxy greets with a prompt, which answers the command that asks for it
    const greeting = new Promise<string>((resolve, reject) => pending.push({ resolve, reject }))
    socket.setEncoding('utf8').on('data', answers(pending)).write('prompt\n')
    void gone.then(() => {
      live = null
      for (const { reject } of pending.splice(0)) reject(new Error('HAProxy went away'))
    })
    await greeting
    live = { socket, pending }
    onConnect()
    await gone
  }

  const keep = async (): Promise<void> => {
    while (!closed) {
      const socket = (current = connect(path))
      try {
        await serve(socket.on('error', () => {}))
      } catch {
        // not there (yet): tried again
      }
      socket.destroy()
      await sleep(RECONNECT_MS)
    }
  }
  void keep()

  return {
    send: (command) =>
      new Promise((resolve, reject) => {
        if (!live) return reject(new Error('HAProxy is away'))
        live.pending.push({ resolve, reject })
        live.socket.write(`${command}\n`)
      }),
    close: () => {
      closed = true
      current?.destroy()
    },
  }
}

/** Cuts what comes into answers, one for each prompt. */
const answers = (pending: Pending[]) => {
  let rest = ''
  return (chunk: string) => {
    rest += chunk
    for (let end = rest.indexOf(PROMPT); end >= 0; end = rest.indexOf(PROMPT)) {
      pending.shift()?.resolve(rest.slice(0, end))
      rest = rest.slice(end + PROMPT.length)
    }
  }
}
