import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RecordedEvent } from '../../events/envelope.ts'
import { httpClient, type Client } from '../demo/http.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { startPlayground, type Playground } from '../local/playground.ts'
import { connectNats } from '../nats/connect.ts'
import { startCollector, type CollectedSpan, type Collector } from './testing/collector.ts'
import { parseTraceparent } from './trace-context.ts'

const [DEPLOY, VISIT] = ['0af7651916cd43dd8448eb211c80319c', '1bf7651916cd43dd8448eb211c80319c']
const SPAN = 'b7ad6b7169203331'
/** Not recorded, says the caller: its word does not count. */
const traceparent = (traceId: string): string => `00-${traceId}-${SPAN}-00`

let dataDir: string
let collector: Collector
let playground: Playground
let client: Client
let nats: NatsConnection

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-traces-'))
  chmodSync(dataDir, 0o711)
  collector = await startCollector()
  const env = { SPARE_SLOTS: '1', PAUSE_AFTER_SECONDS: '1', HIBERNATE_AFTER_SECONDS: '3600', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100' }
  playground = await startPlayground({ dataDir, env })
  client = httpClient({ keepAlive: false })
  nats = await connectNats({ NATS_URL: playground.urls.nats, SECRETS_DIR: playground.secretsDir }, 'witness')
})
afterAll(async () => {
  await nats?.close()
  client?.close()
  await playground?.stop()
  await collector?.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const events = async (): Promise<readonly RecordedEvent[]> => {
  const all: RecordedEvent[] = []
  for await (const event of (await jetStreamEventStore({ nc: nats })).readAll()) all.push(event)
  return all
}
const typesOf = async (traceId: string): Promise<readonly string[]> =>
  (await events()).filter(({ metadata }) => parseTraceparent(metadata.traceparent)?.traceId === traceId).map(({ type }) => type)
const spansOf = (traceId: string): readonly CollectedSpan[] => collector.spans().filter((span) => span.traceId === traceId)
const api = (method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: object) =>
  client.ask(`${playground.urls.platform}/api/deployments${path}`, {
    method, headers: { authorization: `Bearer ${playground.token}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers }, ...(body ? { body: JSON.stringify(body) } : {}),
  })
const statusOf = async (id: string): Promise<unknown> => (JSON.parse((await api('GET', `/${id}`)).body.toString()) as { status: unknown }).status

it('one trace goes from a request to the last reaction, of a deploy and of a wake; causes are unbroken, back to what began them', async () => {
  const created = await api('POST', '', { traceparent: traceparent(DEPLOY) }, { name: 'traced', settings: { open: true } })
  expect([created.status, parseTraceparent(created.headers['traceresponse'])?.traceId]).toEqual([202, DEPLOY])
  const { id } = JSON.parse(created.body.toString()) as { id: string }
  await expect.poll(() => statusOf(id), { timeout: 60_000 }).toBe('paused')
  const visit = await client.ask(`http://traced.${playground.deploymentsDomain}:${playground.httpPort}/`, { headers: { traceparent: traceparent(VISIT) } })
  expect(visit.status).toBe(200)

  // what was appended
  expect((await typesOf(DEPLOY)).toSorted()).toEqual(['ClaimRequested', 'DeploymentRequested', 'InstanceStarted', 'NameReserved'])
  await expect.poll(() => typesOf(VISIT), { timeout: 30_000 }).toEqual(['InstanceResumed'])

  // what was done: each span is a part of another of its trace, or of the caller's own
  const deploy = ['POST /function/deployments', 'function deployments', 'publish events.deployment', 'process provision', 'POST /function/provision', 'function provision', 'claim agent', 'agent claim', 'publish events.instance', 'process idle']
  const wake = ['wake', 'publish hits', 'process cold-start', 'POST /function/cold-start', 'function cold-start', 'thaw agent', 'agent thaw', 'publish events.instance', 'process idle']
  for (const [traceId, names] of [[DEPLOY, deploy], [VISIT, wake]] as const) {
    await expect.poll(() => missing(names, spansOf(traceId)), { timeout: 30_000 }).toEqual([])
    const known = new Set([SPAN, ...spansOf(traceId).map(({ spanId }) => spanId)])
    await expect.poll(() => spansOf(traceId).filter(({ parentSpanId }) => !known.has(parentSpanId ?? '')).map(({ name }) => name)).toEqual([])
  }
  await expect.poll(() => collector.spans().some(({ name, links }) => name === 'project deployments' && links.some(({ traceId }) => traceId === DEPLOY)), { timeout: 30_000 }).toBe(true)
  expect(new Set(spansOf(DEPLOY).map(({ service }) => service))).toEqual(new Set(['gateway', 'dispatcher', 'agent'].map((part) => `one-record-playground-${part}`)))
  expect(spansOf(VISIT).find(({ name }) => name === 'wake')).toMatchObject({ service: 'one-record-playground-edge', instance: 'edge', parentSpanId: SPAN })

  // what led to what: events, and the messages between them that are no events (hits, timers), as they were delivered
  const causes = new Map<string, string | undefined>((await events()).map((event) => [event.id, event.metadata.causationId]))
  for (const { attributes } of collector.spans().filter(({ name }) => name.startsWith('process '))) {
    causes.set(String(attributes['messaging.message.id']), attributes['event.causation_id'] as string | undefined)
  }
  causes.set(created.headers['x-call-id'] ?? '', undefined)
  const begins = (await events()).filter(({ metadata }) => metadata.causationId === undefined).map(({ metadata }) => metadata.actor.replace(/:.*/, ''))
  expect(new Set(begins)).toEqual(new Set(['agent']))
  for (const event of (await events()).filter(({ type }) => type !== 'AgentStarted')) expect(rootOf(event.id, causes), event.type).not.toBe('broken')
})

it('a trace that cannot be read is begun anew', async () => {
  for (const given of ['00-zz-zz-01', `00-${'0'.repeat(32)}-${SPAN}-01`, 'x'.repeat(5_000)]) {
    const answer = await api('GET', '', { traceparent: given })
    expect(parseTraceparent(answer.headers['traceresponse'])).not.toBeNull()
    expect(answer.headers['traceresponse']).not.toContain('0'.repeat(32))
  }
})

const missing = (names: readonly string[], spans: readonly CollectedSpan[]): readonly string[] => names.filter((name) => !spans.some((span) => span.name === name))

/** What has no cause; `broken` where a cause is nowhere, or comes round. */
const rootOf = (id: string, causes: ReadonlyMap<string, string | undefined>): string => {
  const seen = new Set<string>()
  for (let at = id; ;) {
    if (seen.has(at) || !causes.has(at)) return 'broken'
    seen.add(at)
    const cause = causes.get(at)
    if (cause === undefined) return at
    at = cause
  }
}
