import { z } from 'zod'
import type { Log } from '../log.ts'

export type TracingSettings = {
  /** Share of the traces that begin here, or come in from outside, which is recorded. */
  readonly ratio: number
  readonly batch: { readonly scheduledDelayMillis: number; readonly maxQueueSize: number; readonly maxExportBatchSize: number; readonly exportTimeoutMillis: number }
}

const whole = (fallback: number) => z.coerce.number().int().min(1).catch(fallback)
// OpenTelemetry specification, "Environment Variable Specification"; whatever is unusable is taken for unset, as it asks
const schema = z.object({
  OTEL_TRACES_SAMPLER: z.string().trim().toLowerCase().default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).catch(1),
  OTEL_BSP_SCHEDULE_DELAY: whole(5_000),
  OTEL_BSP_MAX_QUEUE_SIZE: whole(2_048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: whole(512),
  OTEL_BSP_EXPORT_TIMEOUT: whole(10_000),
})

/** What of the standard variables the SDK leaves to us; endpoint, headers, time-out and compression its exporter reads itself. */
export const readTracingSettings = (environment: NodeJS.ProcessEnv, log: Pick<Log, 'warn'>): TracingSettings => {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const given = schema.parse(set)
  return {
    ratio: ratioOf(given.OTEL_TRACES_SAMPLER, given.OTEL_TRACES_SAMPLER_ARG, log),
    batch: {
      scheduledDelayMillis: given.OTEL_BSP_SCHEDULE_DELAY, maxQueueSize: given.OTEL_BSP_MAX_QUEUE_SIZE,
      maxExportBatchSize: Math.min(given.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, given.OTEL_BSP_MAX_QUEUE_SIZE), exportTimeoutMillis: given.OTEL_BSP_EXPORT_TIMEOUT,
    },
  }
}

/** What is recorded is decided where a trace begins: every sampler is one that keeps to its parent's word. */
const ratioOf = (sampler: string, argument: number, log: Pick<Log, 'warn'>): number => {
  switch (sampler.replace(/^parentbased_/, '')) {
    case 'always_on': return 1
    case 'always_off': return 0
    case 'traceidratio': return argument
    default:
      log.warn({ sampler }, 'OTEL_TRACES_SAMPLER is not known here: everything is recorded')
      return 1
  }
}
