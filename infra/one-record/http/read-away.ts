import type { IncomingMessage } from 'node:http'

/** How long the rest of a refused body is read, milliseconds. */
const LONGEST_MS = 10_000

/**
 * Reads what a client still sends of a request that has its answer, and throws it away: a connection that is closed with bytes unread
 * is reset, and the answer lost with it (RFC 9112, section 9.6); one that is not read any more serves no next request. Who sends for
 * longer is cut off.
 */
export const readAway = (request: IncomingMessage): void => {
  if (request.destroyed || (request.complete && request.readableLength === 0)) return
  const cut = setTimeout(() => request.socket.destroy(), LONGEST_MS)
  request.once('close', () => clearTimeout(cut)).resume()
}
