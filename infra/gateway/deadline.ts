import type { ServerResponse } from 'node:http'
import { failure } from '../../events/errors.ts'
import type { HostReply, Upload } from './host.ts'

/** The caller went away before it had the whole answer: nobody is left to be told. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone'
}

/** The time one call has: the full time for its reply, and again for each chunk of a stream; a slow reader does not use it up. */
export type Deadline = {
  /** Aborts when the time is up or the caller is gone. */
  readonly signal: AbortSignal
  /** @throws FUNCTION_TIMEOUT, CallerGone */
  within<T>(work: Promise<T>): Promise<T>
  /** The same bytes, each chunk in time. */
  chunkwise(body: HostReply['body']): HostReply['body']
  /** The same bytes of a request; with each that came the time begins anew: a large body on a slow line is no slow function. */
  uploading(body: Upload): Upload
}

export const deadline = (response: ServerResponse, name: string, seconds: number): Deadline => {
  const ending = new AbortController()
  const { signal } = ending
  const over = Promise.withResolvers<never>()
  over.promise.catch(() => {}) // heard by whoever races with it
  const end = (reason: Error) => (ending.abort(reason), over.reject(reason))
  response.once('close', () => {
    if (!response.writableFinished) end(new CallerGone())
  })

  let waiting: NodeJS.Timeout | undefined
  const within = async <T>(work: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => end(failure('FUNCTION_TIMEOUT', { name, seconds })), seconds * 1_000)
    waiting = timer
    try {
      return await Promise.race([work, over.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async function* eachInTime(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const chunks = body[Symbol.asyncIterator]()
    let isDone = false
    try {
      for (;;) {
        const next = await within(chunks.next())
        if ((isDone = next.done === true)) return
        yield next.value
      }
    } finally {
      // not awaited: a generator that hangs would hear of it only when it goes on
      if (!isDone) void chunks.return?.().catch(() => {})
    }
  }
  async function* eachBeginsAnew(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      waiting?.refresh()
      yield chunk
    }
  }
  return {
    signal, within,
    chunkwise: (body) => (body instanceof Uint8Array ? body : eachInTime(body)),
    uploading: (body) => ({ ...body, rest: () => eachBeginsAnew(body.rest()) }),
  }
}
