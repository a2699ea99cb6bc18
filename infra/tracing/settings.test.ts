import { expect, it, vi } from 'vitest'
import { readTracingSettings } from './settings.ts'

const read = (environment: NodeJS.ProcessEnv) => {
  const warn = vi.fn<() => void>()
  return { ...readTracingSettings(environment, { warn }), warned: warn.mock.calls.length }
}

it.each([
  [{}, 1], [{ OTEL_TRACES_SAMPLER: 'always_off' }, 0], [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, 0], [{ OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: '0.1' }, 1],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }, 0.25], [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' }, 1], [{ OTEL_TRACES_SAMPLER: '' }, 1],
])('of %o a share of %d is recorded', (environment, ratio) => expect(read(environment)).toMatchObject({ ratio, warned: 0 }))

it('a sampler that is not known is warned of', () => expect(read({ OTEL_TRACES_SAMPLER: 'jaeger_remote' })).toMatchObject({ ratio: 1, warned: 1 }))

it('batches are as is asked for, where that can be', () => {
  expect(read({ OTEL_BSP_SCHEDULE_DELAY: '20', OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_EXPORT_TIMEOUT: 'soon' }).batch)
    .toEqual({ scheduledDelayMillis: 20, maxQueueSize: 100, maxExportBatchSize: 100, exportTimeoutMillis: 10_000 })
})
