import type { NatsConnection } from '@nats-io/transport-node'
import type { Log } from '../log.ts'
import { answerMetrics } from './answer.ts'
import { measureProcess, registry } from './registry.ts'

/** The one line by which a part's metrics come to the gateway's `GET /metrics`. `instance`: which of several alike. */
export const openMetrics = (connection: NatsConnection, part: string, instance: string, log: Log): void => {
  measureProcess()
  answerMetrics(connection, { part, id: instance }, [registry], log)
}
