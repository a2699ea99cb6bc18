import { connect } from 'node:net'

const ROUNDS = 200

/** Sends the shell so many requests of nobody (each answered 503) that its own code is compiled before the first real one. */
export const warmUp = (port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let left = ROUNDS
    const knock = () => {
      if (left-- === 0) return resolve()
      connect(port, host).once('error', reject).once('close', knock).resume().end('GET / HTTP/1.1\r\nhost: warm-up\r\n\r\n')
    }
    knock()
  })
