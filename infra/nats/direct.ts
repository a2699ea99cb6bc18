import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import type { StreamMessage } from './wire.ts'

export type DirectQuery = { readonly seq: number; readonly batch: number; readonly next_by_subj?: string }

/**
 * One direct batch request, into `into`; resolves to how many more messages there are. Any replica may answer. With a callback, since the
 * client's iterator never ends its subscription (3.4.0), and with a timer, since it waits for ever when the connection
 * breaks in the middle.
 */
export const directBatch = (jsm: JetStreamManager, stream: string, query: DirectQuery, into: StreamMessage[]): Promise<number> =>
  new Promise((resolve, reject) => {
    let pending = 0
    into.length = 0
    let stop = (): void => {}
    const silence = setTimeout(() => {
      stop()
      reject(new Error(`no answer within ${SILENCE_MS} ms`))
    }, SILENCE_MS)
    const end = (error?: Error): void => {
      clearTimeout(silence)
      if (error && !isNotFound(error)) reject(error)
      else resolve(pending)
    }
    jsm.direct
      .getBatch(stream, {
        ...query,
        callback: (done, stored) => {
          if (done) return end(done.err)
          pending = stored.pending
          into.push(fromStored(stored))
        },
      })
      .then((batch) => (stop = () => batch.stop()), end)
  })

const SILENCE_MS = 5_000

/** Nothing (more) there. */
const isNotFound = (error: Error): boolean => 'code' in error && error.code === 404

/** A message as a stream gives it, in our terms. */
export const fromStored = (stored: StoredMsg): StreamMessage => ({
  subject: stored.subject,
  sequence: stored.seq,
  at: stored.timestamp,
  data: stored.data,
  header: (name) => stored.header.get(name) || undefined,
})
