import { request } from 'node:http'

const ANSWERS_WITHIN_MS = 5_000

/**
 * Whether a slot answers HTTP at its address, whatever it says: it refuses a request without its claim's header before it looks
 * at it, so this costs it nothing. @throws Error when it does not
 */
export const probe = (address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const [host, port] = address.split(':')
    const asked = request({ host, port, method: 'HEAD', path: '/', agent: false, timeout: ANSWERS_WITHIN_MS }, (response) => {
      response.resume()
      resolve()
    })
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${ANSWERS_WITHIN_MS} ms`))).once('error', reject).end()
  })
