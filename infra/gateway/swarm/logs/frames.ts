/** One piece of a log, as the engine multiplexes them: `1` standard output, `2` standard error, `3` the engine's own trouble. */
export type Frame = { readonly stream: number; readonly text: string }

/** Longest head and text that is taken for one; the engine cuts lines at 16 KiB. Bytes. */
const MAX_BYTES = 1024 * 1024
const HEAD_BYTES = 8

/** Takes the pieces out of a stream of bytes (Engine API, "Stream format": a byte for the stream, three of nothing, four for the length). @throws RangeError for what is none */
export async function* frames(bytes: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    while (rest.length - from >= HEAD_BYTES) {
      const length = rest.readUInt32BE(from + 4)
      if (length > MAX_BYTES) throw new RangeError(`a piece of a log of ${length} bytes`)
      if (rest.length - from < HEAD_BYTES + length) break
      yield { stream: rest.readUInt8(from), text: rest.toString('utf8', from + HEAD_BYTES, from + HEAD_BYTES + length) }
      from += HEAD_BYTES + length
    }
    rest = rest.subarray(from)
  }
}
