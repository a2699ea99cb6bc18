import type { NatsConnection } from '@nats-io/transport-node'
import type { Log } from '../log.ts'
import { METRICS_SUBJECT, partMetricsSchema, type PartMetrics } from './port.ts'

/** Longest wait for all, and for one more after the last, milliseconds. */
const WAIT_MS = 1_000
const STALL_MS = 500
const MAX_PARTS = 100

/** What all parts tell within a second; whoever is silent is left out, which its missing `playground_part_up` shows. */
export const gatherMetrics = async (connection: NatsConnection, log: Log): Promise<readonly PartMetrics[]> => {
  const told: PartMetrics[] = []
  const answers = await connection.requestMany(METRICS_SUBJECT, undefined, { strategy: 'stall', maxWait: WAIT_MS, stall: STALL_MS, maxMessages: MAX_PARTS })
  for await (const answer of answers) {
    const parsed = partMetricsSchema.safeParse(answer.json())
    if (parsed.success) told.push(parsed.data)
    else log.warn({ issues: parsed.error.issues.length }, 'metrics of a part cannot be read')
  }
  return told
}
