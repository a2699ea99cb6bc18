import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bundleSlot } from '../slot/bundle.ts'
import { freePort } from '../testing/servers.ts'
import { startCollector, type Collector } from './testing/collector.ts'

type Line = { readonly level: number; readonly msg: string; readonly trace_id?: string; readonly correlation_id?: string; readonly instance: string; readonly traceparent?: string }

let collector: Collector
let ends: (() => void)[] = []
beforeEach(async () => {
  collector = await startCollector()
})
afterEach(async () => {
  for (const end of ends) end()
  ends = []
  await collector.close()
})

/** A process that traces; `ended` resolves to the modules of OpenTelemetry that it loaded. */
const traced = (env: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('testing/main.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, OTEL_BSP_SCHEDULE_DELAY: '20', ...env } })
  ends.push(() => child.kill('SIGKILL'))
  const lines: Line[] = []
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(JSON.parse(line) as Line))
  const said = text(child.stdout)
  const exited = once(child, 'exit')
  return {
    lines: (message: string) => lines.filter(({ msg }) => msg.startsWith(message)),
    end: async (): Promise<readonly string[]> => {
      child.stdin.end()
      expect((await exited)[0]).toBe(0)
      return JSON.parse(await said) as string[]
    },
  }
}
const patience = { timeout: 30_000 }

it('without an endpoint nothing of OpenTelemetry\'s SDK is loaded; logs still tell their trace', async () => {
  const { lines, end } = traced({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })
  await expect.poll(() => lines('worked').length, patience).toBeGreaterThan(1)
  const [one, other] = lines('worked')
  expect(one).toMatchObject({ correlation_id: 'c7', instance: 'probe', trace_id: one?.traceparent?.slice(3, 35) })
  expect(one?.trace_id).not.toBe(other?.trace_id)
  expect((await end()).filter((url) => !url.includes('/@opentelemetry/api/'))).toEqual([]) // which prom-client loads
})

it.each([{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }])('nor where it is turned off: %o', async (off) => {
  const { lines, end } = traced({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...off })
  await expect.poll(() => lines('worked').length, patience).toBeGreaterThan(1)
  expect((await end()).filter((url) => !url.includes('/@opentelemetry/api/'))).toEqual([])
})

it('a slot has none of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orp-bundle-'))
  const bundle = readFileSync(await bundleSlot({ outfile: join(folder, 'slot.mjs') }), 'utf8')
  rmSync(folder, { recursive: true })
  expect(bundle.length).toBeGreaterThan(10_000)
  expect(bundle).not.toMatch(/opentelemetry|OTEL_|prom-client|playground_/i)
})

it('spans reach the collector with the standard attributes, the last ones at the end', async () => {
  const { lines, end } = traced({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test' })
  await expect.poll(() => collector.spans().length, patience).toBeGreaterThan(2)
  await end()
  expect(collector.spans()).toHaveLength(lines('worked').length)
  expect(collector.spans()[0]).toMatchObject({ service: 'one-record-playground-probe', instance: 'probe-7', name: 'work', kind: 1, traceId: lines('worked')[0]?.trace_id })
})

it('a share of the traces is recorded where that is asked for', async () => {
  const { lines, end } = traced({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.3' })
  await expect.poll(() => lines('worked').length, patience).toBeGreaterThan(100)
  await end()
  const flags = lines('worked').filter(({ traceparent }) => traceparent?.endsWith('-01')).length
  expect(collector.spans()).toHaveLength(flags)
  expect(flags).toBeGreaterThan(0)
  expect(flags).toBeLessThan(lines('worked').length)
})

it('a collector that is away is said once, and the work goes on', async () => {
  const { lines, end } = traced({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`, OTEL_EXPORTER_OTLP_TIMEOUT: '100' })
  await expect.poll(() => lines('spans could not be sent').length, patience).toBeGreaterThan(2)
  const before = lines('worked').length
  await expect.poll(() => lines('worked').length, patience).toBeGreaterThan(before)
  await end()
  expect(lines('').filter(({ level }) => level >= 40)).toMatchObject([{ msg: 'spans could not be sent; this is said once' }])
})
