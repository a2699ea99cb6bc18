import type { NatsConnection } from '@nats-io/transport-node'

/** The connection broke while an answer was awaited: whether the request arrived is not known. */
export class LostAnswer extends Error {
  override readonly name = 'LostAnswer'
}

/**
 * Waits for answers over one connection. When it breaks, those in flight never come, and the client would wait for its time-out:
 * they are asked for again. For requests that may be sent twice.
 */
export type Ask = <T>(request: () => Promise<T>) => Promise<T>

export const askAgain = (nc: NatsConnection): Ask => {
  const waiting = new Set<(error: Error) => void>()
  void (async () => {
    for await (const { type } of nc.status()) {
      // the client forgets what it is given while it is not connected: that is asked again when it is
      if (type !== 'disconnect' && type !== 'reconnect') continue
      for (const reject of waiting) reject(new LostAnswer('the connection to the broker broke'))
    }
  })()
  const once = <T>(request: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      waiting.add(reject)
      request().then(resolve, reject).finally(() => waiting.delete(reject))
    })
  return async (request) => {
    for (let again = 0; ; again++) {
      try {
        return await once(request)
      } catch (error) {
        if (!(error instanceof LostAnswer) || again >= MAX_AGAIN) throw error
      }
    }
  }
}

/** A broken connection costs two: when it breaks and when it is back. */
const MAX_AGAIN = 6
