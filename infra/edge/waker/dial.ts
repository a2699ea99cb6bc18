import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { CLAIM_HEADER } from '../../claim-secret.ts'
import { endToEnd } from './headers.ts'

const CONNECT_TIMEOUT_MS = 2_000
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/**
 * Opens a request to a slot with the headers of `incoming`, on a connection of its own, since slots are frozen with their
 * connections. Resolves when it is connected, before anything is sent; null when nobody accepts there.
 */
export const dial = (incoming: IncomingMessage, address: string, claim: string, hopByHop: readonly string[]): Promise<ClientRequest | null> =>
  new Promise((resolve) => {
    const colon = address.lastIndexOf(':')
    const slot = httpRequest({
      host: address.slice(0, colon), port: Number(address.slice(colon + 1)), method: incoming.method ?? 'GET', path: incoming.url ?? '/',
      headers: [...endToEnd(incoming.rawHeaders), ...emptyBody(incoming), CLAIM_HEADER, claim, ...hopByHop],
      agent: false, setHost: false,
    })
    const refused = () => {
      clearTimeout(timer)
      slot.destroy()
      resolve(null)
    }
    const timer = setTimeout(refused, CONNECT_TIMEOUT_MS)
    slot.once('error', refused)
    slot.once('socket', (socket) => {
      socket.once('connect', () => {
        clearTimeout(timer)
        slot.off('error', refused)
        socket.setNoDelay(true)
        resolve(slot)
      })
    })
  })

/** Without a length Node would send an empty body in chunks, which the visitor did not. */
const emptyBody = ({ method, headers }: IncomingMessage): readonly string[] =>
  METHODS_WITH_BODY.has(method ?? '') && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined ? ['Content-Length', '0'] : []
