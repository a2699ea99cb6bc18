import { connect } from 'node:net'

/** Longest wait for an answer, milliseconds. */
const TIMEOUT_MS = 5_000

/** One command to one of HAProxy's sockets, runtime or master, on a connection of its own. @throws Error when nobody answers there */
export const askHaproxy = (socketPath: string, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.end(`${command}\n`))
    let text = ''
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`HAProxy does not answer to ${command}`)))
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(text)).on('error', reject)
  })
