import { expect, test } from 'vitest'
import { renderMetrics } from './render.ts'

test('parts of one kind share a metric, told apart by labels; labels are escaped as the format wants', () => {
  const metric = (value: number, labels: Record<string, string> = {}) => ({ name: 'calls_total', help: 'Calls\nall', type: 'counter' as const, values: [{ value, labels }] })
  const bucket = { name: 'seconds', help: 'Time', type: 'histogram' as const, values: [{ value: 2, labels: { le: '+Inf' }, metricName: 'seconds_bucket' }] }
  expect(renderMetrics([{ part: 'gateway', id: 'gateway-1', metrics: [metric(1, { path: 'a"b\\c\nd' }), bucket] }, { part: 'gateway', id: 'gateway-2', metrics: [metric(Number.POSITIVE_INFINITY)] }])).toBe(
    String.raw`# HELP playground_part_up Parts of the playground that answered
# TYPE playground_part_up gauge
playground_part_up{part="gateway",instance="gateway-1"} 1
playground_part_up{part="gateway",instance="gateway-2"} 1
# HELP calls_total Calls\nall
# TYPE calls_total counter
calls_total{path="a\"b\\c\nd",part="gateway",instance="gateway-1"} 1
calls_total{part="gateway",instance="gateway-2"} +Inf
# HELP seconds Time
# TYPE seconds histogram
seconds_bucket{le="+Inf",part="gateway",instance="gateway-1"} 2
`)
})
