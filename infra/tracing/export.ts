import { diag, DiagLogLevel, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Span as OtelSpan, type SpanContext } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Log } from '../log.ts'
import type { Span, Spans } from './span.ts'
import { formatTraceparent, parseTraceparent } from './trace-context.ts'
import { readTracingSettings } from './settings.ts'

/** Longest wait for a collector when the process ends, milliseconds. */
const END_MS = 1_000

const KIND = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const

/** Spans of one process, sent in batches; what a collector that is away does not take is dropped. Loaded only where it is wanted. */
export const exportedSpans = (part: string, instance: string, log: Log, environment: NodeJS.ProcessEnv): Spans => {
  const { ratio, batch } = readTracingSettings(environment, log)
  warnOnce(log)
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `one-record-playground-${part}`, 'service.namespace': 'one-record-playground', 'service.instance.id': instance })
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), ...batch })],
  })
  const tracer = provider.getTracer('one-record-playground')
  return {
    sample: () => Math.random() < ratio,
    begin: (name, { kind, parent, links = [], attributes = {} }) => {
      const context = contextOf(parent)
      const linked = links.flatMap((link) => contextOf(link) ?? []).map((each) => ({ context: each }))
      return spanOf(tracer.startSpan(name, { kind: KIND[kind], links: linked, attributes: { ...attributes }, root: context === null }, context ? trace.setSpanContext(ROOT_CONTEXT, context) : ROOT_CONTEXT))
    },
    end: async () => {
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, END_MS)
      await Promise.race([provider.shutdown().catch((error: unknown) => log.debug({ err: error }, 'the last spans were not sent')), late.promise])
      clearTimeout(timer)
    },
  }
}

const contextOf = (traceparent: string | null): SpanContext | null => {
  const given = parseTraceparent(traceparent ?? undefined)
  return given && { traceId: given.traceId, spanId: given.spanId, traceFlags: given.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true }
}

const spanOf = (own: OtelSpan): Span => {
  const { traceId, spanId, traceFlags } = own.spanContext()
  return {
    traceparent: formatTraceparent({ traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 }),
    rename: (name) => void own.updateName(name),
    set: (attributes) => void own.setAttributes({ ...attributes }),
    fail: (reason) => void own.setStatus({ code: SpanStatusCode.ERROR, message: reason }),
    end: () => own.end(),
  }
}

/** A collector that is away is no trouble of ours: it is said once, then only where one looks for it. */
const warnOnce = (log: Log): void => {
  let said = false
  const tell = (message: string): void => {
    if (said) return log.debug({ reason: message.slice(0, 500) }, 'spans could not be sent')
    said = true
    log.warn({ reason: message.slice(0, 500) }, 'spans could not be sent; this is said once')
  }
  const quiet = (message: string): void => log.debug({ message: message.slice(0, 500) }, 'OpenTelemetry')
  diag.setLogger({ error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet }, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
