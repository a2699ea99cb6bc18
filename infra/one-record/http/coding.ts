import type { Readable, Transform } from 'node:stream'
import { promisify } from 'node:util'
import { brotliCompress, constants, createBrotliCompress, createGunzip, createGzip, gzip, type ZlibOptions } from 'node:zlib'
import { invalidBody } from './api-error.ts'
import type { Coding } from './negotiate.ts'

/** Smaller answers go as they are: the headers of a coding would take what it saves. Bytes. */
export const SMALLEST_CODED = 1_024

// the memory of one stream: gzip about 130 KB, brotli with this window about 1 MB; quality as fast as gzip's
const GZIP: ZlibOptions = { level: 5, memLevel: 7 }
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 } }

const gzipped = promisify<Buffer, ZlibOptions, Buffer>(gzip)
const brotlied = promisify<Buffer, typeof BROTLI, Buffer>(brotliCompress)

/** The bytes in a coding; works outside the event loop. */
export const encoded = (body: Buffer, coding: Coding): Promise<Buffer> => (coding === 'gzip' ? gzipped(body, GZIP) : brotlied(body, BROTLI))

/** Encodes a stream as it comes. */
export const encoder = (coding: Coding): Transform => (coding === 'gzip' ? createGzip(GZIP) : createBrotliCompress(BROTLI))

/**
 * Decodes what a client sent by gzip, chunk by chunk, so that whoever reads can stop at any size.
 * @throws ApiError 400 when it is no gzip
 */
export async function* decoded(source: Readable): AsyncGenerator<Buffer> {
  const gunzip = createGunzip()
  // not a pipeline: the request outlives a refusal, its answer leaves by the same socket
  source.once('error', (error) => gunzip.destroy(error)).once('aborted', () => gunzip.destroy())
  try {
    yield* source.pipe(gunzip) as AsyncIterable<Buffer>
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) throw invalidBody(`The body is no gzip: ${error.message}.`)
    throw error
  }
}

/** Media types that get smaller; documents are mostly compressed already. */
export const isText = (contentType: string): boolean => /^(application\/([\w.+-]*json|n-quads|n-triples|xml)|text\/)/.test(contentType)
