import { Counter, Gauge, Histogram, Registry as Metrics } from 'prom-client'
import { toProblem } from '../../events/errors.ts'
import type { HostReply } from './host.ts'
import type { Deployed } from './registry.ts'

/** Calls of functions in the names that OpenFaaS users know; `function_name` is `name.namespace`. */
export type FunctionMetrics = {
  readonly metrics: Metrics
  /** Counts one call and takes its time, until its reply begins. */
  measure(id: string, work: () => Promise<HostReply>): Promise<HostReply>
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** `deployed`: the functions there are now; the series of others go. */
export const functionMetrics = (deployed: () => readonly Deployed[]): FunctionMetrics => {
  const metrics = new Metrics()
  const byCode = { registers: [metrics], labelNames: ['function_name', 'code'] as const }
  const byName = { registers: [metrics], labelNames: ['function_name'] as const }
  const started = new Counter({ ...byName, name: 'gateway_function_invocation_started', help: 'The total number of function HTTP requests started.' })
  const inFlight = new Gauge({ ...byName, name: 'gateway_function_invocation_inflight', help: 'The number of function HTTP invocations in flight.' })
  const total = new Counter({ ...byCode, name: 'gateway_function_invocation_total', help: 'Function metrics' })
  const seconds = new Histogram({ ...byCode, name: 'gateway_functions_seconds', help: 'Function time taken', buckets: SECONDS })
  const codes = new Map<string, Set<string>>()
  const replicas = new Gauge({
    ...byName, name: 'gateway_service_count', help: 'Current count of replicas for function',
    collect() {
      this.reset()
      const there = new Set<string>()
      for (const { id, replicas: wanted } of deployed()) {
        this.set({ function_name: id }, wanted)
        there.add(id)
      }
      for (const id of codes.keys()) if (!there.has(id)) forget(id)
    },
  })
  metrics.registerMetric(replicas)

  const forget = (id: string) => {
    for (const metric of [started, inFlight]) metric.remove({ function_name: id })
    for (const code of codes.get(id) ?? []) for (const metric of [total, seconds]) metric.remove({ function_name: id, code })
    codes.delete(id)
  }
  const ended = (id: string, code: string, began: number) => {
    codes.set(id, (codes.get(id) ?? new Set()).add(code))
    total.inc({ function_name: id, code })
    seconds.observe({ function_name: id, code }, (performance.now() - began) / 1_000)
  }
  return {
    metrics,
    measure: async (id, work) => {
      const began = performance.now()
      started.inc({ function_name: id })
      inFlight.inc({ function_name: id })
      try {
        const reply = await work()
        ended(id, String(reply.status), began)
        return reply
      } catch (error) {
        ended(id, String(toProblem(error).status), began)
        throw error
      } finally {
        inFlight.dec({ function_name: id })
      }
    },
  }
}
