import type { NatsConnection, Subscription } from '@nats-io/transport-node'
import type { Registry } from 'prom-client'
import type { Log } from '../log.ts'
import { METRICS_SUBJECT, partMetricsSchema, type PartMetrics } from './port.ts'

/** Tells a part's metrics to whichever gateway asks. Labels `part` and `instance` are added there. */
export const answerMetrics = (connection: NatsConnection, who: { readonly part: string; readonly id: string }, registers: readonly Registry[], log: Log): Subscription =>
  connection.subscribe(METRICS_SUBJECT, {
    callback: (error, message) => {
      if (error) return log.warn({ err: error }, 'metrics cannot be asked for')
      told(who, registers).then(
        (metrics) => message.respond(JSON.stringify(metrics)),
        (reason: unknown) => log.warn({ err: reason }, 'metrics cannot be told'),
      )
    },
  })

/** What the metrics of these are now. */
export const told = async ({ part, id }: { readonly part: string; readonly id: string }, registers: readonly Registry[]): Promise<PartMetrics> =>
  partMetricsSchema.parse({ part, id, metrics: (await Promise.all(registers.map((one) => one.getMetricsAsJSON()))).flat() })
