import { ApiError, invalidBody, TITLES } from '../http/api-error.ts'

/**
 * Lines of UTF-8 as they come, without their ends. @param most bytes of one line
 * @throws ApiError 413 for a longer one, 400 when it is not UTF-8
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>, most: number): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const text = (parts: readonly Buffer[]): string => {
    try {
      return decoder.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts)).replace(/\r$/, '')
    } catch {
      throw invalidBody('A line is not UTF-8.')
    }
  }
  let parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      yield text([...parts, chunk.subarray(start, end)])
      parts = []
      bytes = 0
      start = end + 1
    }
    if (start === chunk.length) continue
    parts.push(chunk.subarray(start))
    bytes += chunk.length - start
    if (bytes > most) throw new ApiError(413, TITLES.body, `A line is longer than ${most} bytes, the limit here.`)
  }
  if (parts.length > 0) yield text(parts)
}
