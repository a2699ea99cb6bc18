import { z } from 'zod'
import { failure } from '../../../events/errors.ts'
import { parseInput } from '../../functions/input.ts'
import type { HttpReply, HttpRequest } from '../../functions/router.ts'
import type { LogLine } from '../function-logs.ts'
import { functionNameSchema, namespaceSchema } from '../function-spec.ts'
import type { FunctionHost } from '../host.ts'
import type { Registry } from '../registry.ts'

/** The CLI says true and false, OpenFaaS's own client 1 and 0. */
const flag = z.enum(['true', 'false', '1', '0', '']).optional().transform((given) => given === 'true' || given === '1')
export const logsQuerySchema = z.object({
  name: functionNameSchema,
  namespace: namespaceSchema,
  instance: z.string().max(200).optional(),
  tail: z.string().regex(/^-?\d{1,9}$/, 'is not a whole number').optional(),
  since: z.iso.datetime({ offset: true, error: 'is not a time as RFC 3339 has it' }).optional(),
  follow: flag,
})

/** `GET /system/logs`: newline-delimited JSON. An empty line now and then keeps one who follows. */
export const logRoutes = (host: FunctionHost, registry: Registry) => ({
  'GET /system/logs': ({ query, signal }: HttpRequest): HttpReply => {
    const { name, namespace, instance, tail, since, follow } = parseInput(logsQuerySchema, query)
    const found = registry.find(name, namespace)
    if (!found) throw failure('FUNCTION_NOT_FOUND', { name })
    const lines = host.logs({ id: found.id, follow, signal, tail: tail === undefined ? undefined : Number(tail), since: since === undefined ? undefined : Date.parse(since) })
    return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: encoded(lines, instance) }
  },
})

async function* encoded(lines: AsyncIterable<LogLine | null>, instance: string | undefined): AsyncGenerator<Uint8Array> {
  for await (const line of lines) {
    if (line === null) yield NEW_LINE
    else if (!instance || line.instance === instance) yield Buffer.from(`${JSON.stringify(line)}\n`)
  }
}

const NEW_LINE = Buffer.from('\n')
