import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { httpClient, type Client } from '../demo/http.ts'
import { startPlayground, type Playground } from '../local/playground.ts'
import { readRunFiles } from '../local/run-files.ts'

const PAGE = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
/** Those of a part that a playground has not: there is nobody to keep slots of a Swarm. */
const ELSEWHERE = /^playground_slot_(generations|tasks)$/
const documented = [...PAGE.matchAll(/^\| `(\w+)` \| (\w+) \|([\w, ]*)\|/gm)].filter(([, name = '']) => !ELSEWHERE.test(name)).map(([, name = '', type, labels = '']) => ({ name, type, labels: labels.split(',').map((label) => label.trim()).filter(Boolean) }))
const patience = { timeout: 60_000 }

let dataDir: string
let playground: Playground
let client: Client

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-metrics-'))
  chmodSync(dataDir, 0o711)
  playground = await startPlayground({ dataDir, env: { SPARE_SLOTS: '1', PAUSE_AFTER_SECONDS: '1', HIBERNATE_AFTER_SECONDS: '3600', WAKER_TIMEOUT_SECONDS: '3' } })
  client = httpClient({ keepAlive: false })
})
afterAll(async () => {
  client?.close()
  await playground?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** One scrape: its text, and what series it has: the sum of those that carry the labels, null where there is none. */
const scrape = async () => {
  const [user, password] = ['user', 'password'].map((name) => readFileSync(join(playground.secretsDir, `basic-auth-${name}`), 'utf8').trim())
  const { status, body } = await client.ask(`${playground.urls.gateway}/metrics`, { headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` } })
  expect(status).toBe(200)
  const text = body.toString()
  const series = [...text.matchAll(/^(\w+)\{(.*)\} (\S+)$/gm)].map(([, name, labels, value]) => ({
    name, value: Number(value), labels: new Map([...(labels ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, of]) => [label, of])),
  }))
  const of = (name: string, labels: Readonly<Record<string, string>> = {}): number | null => {
    const found = series.filter((one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels.get(label) === value))
    return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0)
  }
  return { text, series, of }
}
const metric = async (name: string, labels: Readonly<Record<string, string>> = {}) => (await scrape()).of(name, labels)
const command = (method: string, path: string, body?: object) =>
  client.ask(`${playground.urls.platform}/api/deployments${path}`, { method, headers: { authorization: `Bearer ${playground.token}`, 'content-type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) })
const created = async (name: string): Promise<string> => (JSON.parse((await command('POST', '', { name, settings: { open: true } })).body.toString()) as { id: string }).id
const visit = async (name: string) => (await client.ask(`http://${name}.${playground.deploymentsDomain}:${playground.httpPort}/`)).status
const stopped = async (part: string, during: () => Promise<void>) => {
  const pid = readRunFiles(dataDir).find((run) => run.part === part)?.pid ?? 0
  process.kill(pid, 'SIGSTOP')
  try {
    await during()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

it('every metric of the page is in one scrape, with its type and no label the page does not know; and no metric is missing from the page', async () => {
  await expect.poll(() => metric('playground_part_up'), patience).toBe(7)
  const { text, series } = await scrape()
  const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type]) => [name, type]))
  expect(documented.length).toBeGreaterThan(30)
  for (const { name, type } of documented) expect([name, types.get(name)]).toEqual([name, type])
  const ours = [...types.keys()].filter((name) => !/^(process|nodejs)_/.test(name))
  expect(ours.toSorted()).toEqual(documented.map(({ name }) => name).toSorted())
  for (const { name, labels } of series) {
    const known = documented.find((one) => one.name === name?.replace(/_(bucket|sum|count)$/, '') || one.name === name)
    if (known) expect([name, [...labels.keys()].filter((label) => !['part', 'instance', 'le', ...known.labels].includes(label ?? ''))]).toEqual([name, []])
  }
  for (const part of ['gateway', 'dispatcher', 'projector', 'agent', 'edge', 'credentials']) expect(series.some(({ name, labels }) => name === 'process_resident_memory_bytes' && labels.get('part') === part), part).toBe(true)
  const alerts = PAGE.slice(PAGE.indexOf('groups:'))
  for (const [name] of alerts.matchAll(/playground_\w+/g)) expect([...types.keys()], name).toContain(name.replace(/_(bucket|sum|count)$/, ''))
})

it('they move as the playground does: a deployment, its sleep, its wake, its end', async () => {
  const before = await scrape()
  const id = await created('moving')
  const slots = (state: string) => metric('playground_slots', { state })
  await expect.poll(() => slots('frozen'), patience).toBe(1)
  expect(await visit('moving')).toBe(200)
  await expect.poll(() => metric('playground_wake_seconds_count', { event: 'InstanceResumed', reason: 'hit' }), patience).toBeGreaterThan(before.of('playground_wake_seconds_count', { event: 'InstanceResumed' }) ?? 0)
  await command('POST', `/${id}/stop`)
  await expect.poll(() => visit('moving'), patience).toBe(503)
  await expect.poll(() => slots('frozen'), patience).toBe(0)

  const after = await scrape()
  const moved = (name: string, labels: Readonly<Record<string, string>> = {}) => expect([name, (after.of(name, labels) ?? 0) - (before.of(name, labels) ?? 0)]).toEqual([name, expect.toSatisfy((by: number) => by > 0)])
  moved('gateway_function_invocation_started', { function_name: 'deployments.openfaas-fn' })
  moved('gateway_function_invocation_total', { function_name: 'provision.openfaas-fn', code: '204' })
  moved('gateway_functions_seconds_count', { function_name: 'cold-start.openfaas-fn' })
  moved('playground_append_seconds_count', { outcome: 'appended' })
  for (const [type, actor] of [['DeploymentRequested', 'operator'], ['InstanceStarted', 'function:provision'], ['InstancePaused', 'function:idle'], ['DeploymentStopped', 'function:retire']] as const) moved('playground_events_appended_total', { type, actor })
  moved('playground_wake_seconds_sum', { event: 'InstanceStarted', reason: 'create' })
  for (const name of ['provision', 'idle', 'cold-start', 'retire']) moved('playground_deliveries_total', { function: name, outcome: 'ack' })
  moved('playground_delivery_seconds_count', { function: 'provision' })
  moved('playground_stream_messages', { stream: 'EVENTS' })
  moved('playground_stream_bytes', { stream: 'EVENTS' })
  moved('playground_waker_wakes_total')
  moved('playground_haproxy_responses_total', { proxy: 'edge', code: '2xx' })
  for (const verb of ['claim', 'freeze', 'thaw', 'release']) moved('playground_agent_seconds_count', { verb, outcome: 'ok' })
  expect([after.of('playground_edge_lease_held'), after.of('playground_waker_waiting'), after.of('playground_overflowed_keys')]).toEqual([1, 0, 0])
  await expect.poll(() => metric('playground_projection_state', { state: 'live' }), patience).toBe(6)
  await expect.poll(() => metric('playground_projection_lag_events'), patience).toBe(0)
})

it('a dispatcher that hangs is missing, and what waits for it shows: events, and a visitor until he is sent away', async () => {
  await created('asleep')
  await expect.poll(() => metric('playground_slots', { state: 'frozen' }), patience).toBe(1)
  await stopped('dispatcher', async () => {
    await created('waiting')
    const waits = async () => {
      const { of } = await scrape()
      const group = { stream: 'EVENTS', group: 'provision' }
      return { up: of('playground_part_up', { part: 'dispatcher' }), behind: (of('playground_group_pending', group) ?? 0) + (of('playground_group_unacknowledged', group) ?? 0), oldest: of('playground_group_oldest_waiting_seconds', group) }
    }
    const visitor = visit('asleep')
    await expect.poll(() => metric('playground_waker_waiting'), patience).toBe(1)
    await expect.poll(waits, patience).toEqual({ up: null, behind: expect.toSatisfy((count: number) => count > 0), oldest: expect.toSatisfy((age: number) => age > 0.5) })
    expect(await visitor).toBe(503)
    expect(await metric('playground_waker_refusals_total', { code: 'NOT_AWAKE_IN_TIME' })).toBe(1)
    expect(await metric('playground_haproxy_responses_total', { proxy: 'waker', code: '5xx' })).toBeGreaterThan(0)
  })
  await expect.poll(() => metric('playground_group_oldest_waiting_seconds', { group: 'provision' }), patience).toBe(0)
  await expect.poll(() => metric('playground_part_up'), patience).toBe(7)
})
