import { DirectMsgHeaders, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream'
import type { StreamMessage } from './wire.ts'

export type DirectQuery = { readonly seq: number; readonly batch: number; readonly next_by_subj?: string }

/**
 * One direct batch request, into `into`; resolves to how many more messages there are. Any replica may answer. With a callback, since the
 * client's iterator never ends its subscription (3.4.0), and with a timer, since it waits for ever when the connection
 * breaks in the middle.
 */
export const directBatch = (jsm: JetStreamManager, stream: string, query: DirectQuery, into: StreamMessage[]): Promise<number> =>
  new Promise((resolve, reject) => {
    let last: StoredMsg | null = null
    into.length = 0
    let stop = (): void => {}
    const silence = setTimeout(() => {
      stop()
      reject(new Error(`no answer within ${SILENCE_MS} ms`))
    }, SILENCE_MS)
    const end = (error?: Error): void => {
      clearTimeout(silence)
      if (error && !isNotFound(error)) reject(error)
      else resolve(last?.pending ?? 0)
    }
    jsm.direct
      .getBatch(stream, {
        ...query,
        callback: (done, stored) => {
          if (done) return end(done.err)
          last = stored
          into.push(fromDirect(stored))
        },
      })
      .then((batch) => (stop = () => batch.stop()), end)
  })

const SILENCE_MS = 5_000

/** Nothing (more) there. */
const isNotFound = (error: Error): boolean => 'code' in error && error.code === 404

/** A message as the leader gives it, in our terms. */
export const fromStored = (stored: StoredMsg): StreamMessage => ({
  subject: stored.subject,
  sequence: stored.seq,
  at: stored.timestamp,
  data: stored.data,
  header: (name) => stored.header.get(name) || undefined,
})

/** A message of a direct read: everything is in headers, which the client searches anew at each look. */
const fromDirect = (stored: StoredMsg): StreamMessage => {
  const fields = new Map(stored.header)
  const header = (name: string): string | undefined => fields.get(name)?.[0]
  return {
    subject: header(DirectMsgHeaders.Subject) ?? '',
    sequence: Number(header(DirectMsgHeaders.Sequence)),
    at: header(DirectMsgHeaders.TimeStamp) ?? '',
    data: stored.data,
    header,
  }
}
