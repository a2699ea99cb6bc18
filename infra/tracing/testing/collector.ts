import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { z } from 'zod'

/** A span as it came over the wire (opentelemetry-proto, trace/v1), with the service it is of. */
export type CollectedSpan = {
  readonly service: string
  readonly instance: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly kind: number
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly failed: boolean
}
export type Collector = {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  readonly spans: () => readonly CollectedSpan[]
  close(): Promise<void>
}

const id = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`))
const value = z.object({ stringValue: z.string(), intValue: z.union([z.number(), z.string()]), boolValue: z.boolean(), doubleValue: z.number() }).partial()
const attributes = z.array(z.object({ key: z.string(), value })).default([])
  .transform((all) => Object.fromEntries(all.map(({ key, value: given }) => [key, Object.values(given)[0]])))
const spanSchema = z.object({
  traceId: id(32), spanId: id(16), parentSpanId: id(16).optional(), name: z.string().min(1), kind: z.int().min(1).max(5),
  startTimeUnixNano: z.string().regex(/^\d{19}$/), endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes, links: z.array(z.object({ traceId: id(32), spanId: id(16) })).default([]), status: z.object({ code: z.int().optional() }).optional(),
})
const exportSchema = z.object({
  resourceSpans: z.array(z.object({ resource: z.object({ attributes }), scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) })),
})

/** What a collector for OTLP over HTTP with JSON is to those who export to it; what it cannot read is refused. */
export const startCollector = async (): Promise<Collector> => {
  const spans: CollectedSpan[] = []
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      if (request.method !== 'POST' || request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/json') throw new Error(`no export: ${request.method} ${request.url}`)
      spans.push(...read(exportSchema.parse(body)))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    }).catch((error: unknown) => response.writeHead(400).end(String(error)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => spans,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const read = ({ resourceSpans }: z.output<typeof exportSchema>): readonly CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans).map((span) => ({
    service: String(resource.attributes['service.name']), instance: String(resource.attributes['service.instance.id']),
    name: span.name, traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId, kind: span.kind, links: span.links, attributes: span.attributes, failed: span.status?.code === 2,
  })))
