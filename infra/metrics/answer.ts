import type { NatsConnection, Subscription } from '@nats-io/transport-node'
import type { Registry } from 'prom-client'
import type { Log } from '../log.ts'
import { METRICS_SUBJECT } from './port.ts'

/**
 * The one line by which a part's metrics come to the gateway's `GET /metrics`:
 * `answerMetrics(connection, { part: 'dispatcher', id: config.PART_NAME }, register, log)`. Labels `part` and `instance` are added there.
 */
export const answerMetrics = (connection: NatsConnection, who: { readonly part: string; readonly id: string }, register: Registry, log: Log): Subscription =>
  connection.subscribe(METRICS_SUBJECT, {
    callback: (error, message) => {
      if (error) return log.warn({ err: error }, 'metrics cannot be asked for')
      register.getMetricsAsJSON().then(
        (metrics) => message.respond(JSON.stringify({ ...who, metrics })),
        (reason: unknown) => log.warn({ err: reason }, 'metrics cannot be told'),
      )
    },
  })
