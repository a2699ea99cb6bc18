import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Registry } from 'prom-client'
import type { Log } from '../log.ts'
import { told } from './answer.ts'
import { brokerMetrics } from './broker.ts'
import { gatherMetrics } from './gather.ts'
import type { PartMetrics } from './port.ts'
import { renderMetrics } from './render.ts'

/** Longest wait for what the broker says of itself, milliseconds. */
const BROKER_MS = 1_500

/** One text with the metrics of all parts, the broker, and the one that is asked; whoever is silent is left out. */
export const scrape = async (self: { readonly part: string; readonly id: string }, registers: readonly Registry[], broker: NatsConnection | null, log: Log): Promise<string> => {
  const orNone = (why: string) => (error: unknown): readonly PartMetrics[] => (log.warn({ err: error }, why), [])
  const [own, others, itself] = await Promise.all([
    told(self, registers),
    broker ? gatherMetrics(broker, log).catch(orNone('the other parts cannot be asked for metrics')) : [],
    broker ? inTime(brokerMetrics(broker)).then((one) => [one]).catch(orNone('the broker does not tell its metrics')) : [],
  ])
  return renderMetrics([own, ...others.filter(({ part, id }) => part !== self.part || id !== self.id), ...itself])
}

const inTime = async <T>(work: Promise<T>): Promise<T> => {
  const over = new AbortController()
  const late = sleep(BROKER_MS, undefined, { signal: over.signal }).then(() => Promise.reject(new Error(`no answer within ${BROKER_MS} ms`)), () => new Promise<never>(() => {}))
  return await Promise.race([work, late]).finally(() => over.abort())
}
