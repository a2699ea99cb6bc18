import { z } from 'zod'

/** Where the gateway asks all parts at once for their metrics; each answers with one `PartMetrics`. */
export const METRICS_SUBJECT = 'metrics.scrape'

const labels = z.record(z.string(), z.union([z.string(), z.number()]))
/** One metric as prom-client gives it (`getMetricsAsJSON`). */
const metricSchema = z.object({
  name: z.string().regex(/^[a-zA-Z_:][\w:]*$/),
  help: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram', 'summary', 'untyped']),
  values: z.array(z.object({ value: z.number(), labels: labels.default({}), metricName: z.string().optional() })),
})
export type Metric = z.output<typeof metricSchema>

/** What one part tells; `id` tells it from others of its kind. */
export const partMetricsSchema = z.object({ part: z.string(), id: z.string(), metrics: z.array(metricSchema) })
export type PartMetrics = z.output<typeof partMetricsSchema>
