import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What ends an answer in HAProxy's interactive mode. */
const PROMPT = '\n> '
const RECONNECT_MS = 50
/** How soon a reload is noticed: the old process says that it is stopping, its successor has taken over its listeners. */
const LOOK_MS = 200

type Live = { readonly socket: Socket; readonly pending: Pending[] }

type Pending = { readonly resolve: (answer: string) => void; readonly reject: (error: Error) => void }

/** One lasting connection to HAProxy's runtime API (management guide, section 9.3). */
export type RuntimeSocket = {
  /** Commands may be sent without waiting: they are run in order. Rejects when HAProxy is away. */
  send(command: string): Promise<string>
  /** The same to those that a reload has replaced, while they serve whom they have; no answer from one that ends meanwhile. */
  sendReplaced(command: string): Promise<readonly string[]>
  /** Lets go of the replaced: they end when nobody is left. */
  dismissReplaced(): void
  close(): void
}

/**
 * Connects, and again whenever HAProxy went away; `onConnect` is called each time, since all it knew may be lost. Ends with `close`.
 */
export const runtimeSocket = (path: string, onConnect: () => void): RuntimeSocket => {
  let closed = false
  let current: Socket | null = null
  let live: Live | null = null
  const replaced = new Set<Live>()

  /** Resolves when it is gone, or was replaced: true. */
  const serve = async (socket: Socket): Promise<boolean> => {
    await once(socket, 'connect')
    let isGone = false
    const pending: Pending[] = []
    const gone = new Promise<void>((resolve) => socket.once('close', resolve))
    // HAProxy greets with a prompt, which answers the command that asks for it
    const greeting = new Promise<string>((resolve, reject) => pending.push({ resolve, reject }))
    socket.setEncoding('utf8').on('data', answers(pending)).write('prompt\n')
    const one = { socket, pending }
    void gone.then(() => {
      isGone = true
      replaced.delete(one)
      if (live === one) live = null
      for (const { reject } of pending.splice(0)) reject(new Error('HAProxy went away'))
    })
    await greeting
    live = one
    onConnect()
    while (!isGone && !closed) {
      await Promise.race([gone, sleep(LOOK_MS)])
      if (isGone) break
      const info = await sendTo(one, 'show info').catch(() => '') // gone
      if (!/^Stopping: 1$/m.test(info)) continue
      replaced.add(one)
      live = null
      return true
    }
    return false
  }

  const keep = async (): Promise<void> => {
    while (!closed) {
      const socket = (current = connect(path))
      const isReplaced = await serve(socket.on('error', () => {})).catch(() => false) // not there (yet): tried again
      if (isReplaced) continue
      socket.destroy()
      await sleep(RECONNECT_MS)
    }
  }
  void keep()

  const sendTo = (one: Live | null, command: string): Promise<string> =>
    new Promise((resolve, reject) => {
      if (!one) return reject(new Error('HAProxy is away'))
      one.pending.push({ resolve, reject })
      one.socket.write(`${command}\n`)
    })
  const dismissReplaced = () => replaced.forEach(({ socket }) => socket.destroy())

  return {
    send: (command) => sendTo(live, command),
    sendReplaced: async (command) => {
      const answered = await Promise.allSettled([...replaced].map((one) => sendTo(one, command)))
      return answered.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    },
    dismissReplaced,
    close: () => {
      closed = true
      dismissReplaced()
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
