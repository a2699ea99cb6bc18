import { expect, test } from 'vitest'
import { openMetrics } from './metrics.ts'

const SAMPLE = /^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (-?[\d.e+-]+|\+Inf)$/

test('calls, their times and what is under way, in the text format of Prometheus', () => {
  const metrics = openMetrics()
  metrics.began()
  metrics.began()
  metrics.began()
  metrics.ended('POST', 200, 0.02)
  metrics.ended('BREW', 418, 70)
  metrics.fault('unhandled_rejection')
  const text = metrics.text()
  expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !SAMPLE.test(line))).toEqual([])
  for (const line of [
    'http_requests_total{code="200",method="POST"} 1', 'http_requests_total{code="418",method="other"} 1', 'http_requests_in_flight 1',
    'http_request_duration_seconds_bucket{code="200",method="POST",le="0.01"} 0', 'http_request_duration_seconds_bucket{code="200",method="POST",le="0.025"} 1',
    'http_request_duration_seconds_bucket{code="418",method="other",le="60"} 0', 'http_request_duration_seconds_bucket{code="418",method="other",le="+Inf"} 1',
    'http_request_duration_seconds_sum{code="418",method="other"} 70', 'function_faults_total{kind="unhandled_rejection"} 1', 'function_faults_total{kind="uncaught_exception"} 0',
  ]) expect(text.split('\n')).toContain(line)
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes']) expect(Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])).toBeGreaterThan(0)
})
