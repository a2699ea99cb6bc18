import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { FunctionReply } from '../functions/run-handler.ts'

const problemSchema = z.object({ detail: z.string() })

/**
 * A refusal as whoever asked can show it: faas-cli prints the body of an answer as it is, and names no media type it would like
 * (RFC 9110, section 12.5.1: then any will do), so it gets the sentence alone; all others problem details.
 */
export const inTheCallersWords = (headers: IncomingHttpHeaders, reply: FunctionReply): FunctionReply => {
  if (headers.accept !== undefined || reply.headers['content-type'] !== 'application/problem+json' || !(reply.body instanceof Uint8Array)) return reply
  const { detail } = problemSchema.parse(JSON.parse(Buffer.from(reply.body).toString('utf8')))
  return { ...reply, headers: { ...reply.headers, 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(`${detail}\n`) }
}
