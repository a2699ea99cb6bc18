import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deploymentsContract } from '../../functions/deployments/contract.ts'
import { nodesContract } from '../../functions/nodes/contract.ts'
import { parkedContract } from '../../functions/parked/contract.ts'
import { subscriptionsContract } from '../../functions/subscriptions/contract.ts'
import { playgroundClient, type Got, type PlaygroundClient } from '../client/client.ts'
import type { PlaygroundProblem } from '../client/problem.ts'
import type { Sent } from '../client/send.ts'
import { brokenPromises } from '../functions/testing/promises.ts'
import { startPlayground, type Playground } from '../local/playground.ts'

const CONTRACTS = [deploymentsContract, nodesContract, parkedContract, subscriptionsContract]

let folder: string
let playground: Playground
let client: PlaygroundClient

/** Sends as the client does by itself, and holds every answer against the contract. */
const send = async (url: string, { method, headers, body }: Sent): Promise<Got> => {
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) })
  const got = { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() }
  const [, name = '', path = ''] = /^\/api\/([^/]+)(.*)$/.exec(new URL(url).pathname) ?? []
  const contract = CONTRACTS.find((each) => each.name === name)
  if (!contract) throw new Error(`${name} is not an API`)
  expect(brokenPromises(contract, method, path || '/', got)).toEqual([])
  return got
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-surfaces-'))
  chmodSync(folder, 0o711) // PostgreSQL runs as another user when this is root
  playground = await startPlayground({ dataDir: join(folder, '.data'), ports: 'free' })
  client = playgroundClient({ url: playground.urls.platform, token: readFileSync(playground.tokenFile, 'utf8').trim(), send })
})
afterAll(async () => {
  await playground?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const get = (path: string, headers: Readonly<Record<string, string>> = {}) => fetch(new URL(path, playground.urls.platform), { headers })

describe('the descriptions, through the platform host', () => {
  test.each(['openapi', 'asyncapi'])('/api/%s.json is the file under docs/', async (name) => {
    const response = await get(`/api/${name}.json`)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(await response.json()).toEqual(JSON.parse(readFileSync(join(import.meta.dirname, `../../docs/${name}.json`), 'utf8')))
    expect((await get(`/api/${name}.json`, { 'if-none-match': response.headers.get('etag') ?? '' })).status).toBe(304)
  })

  test.each(['/api/docs', '/api/events', '/problems'])('%s is a page', async (path) => {
    const response = await get(path, { accept: 'text/html' })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await response.text()).toContain('</html>')
  })

  test('the type of a problem leads to what to do about it', async () => {
    const error = await client('deployments', 'GET /:id', { params: { id: 'nobody' } }).catch((thrown: PlaygroundProblem) => thrown)
    if (!('problem' in error)) throw new Error('it was found')
    const page = await get(error.problem.type)
    expect([page.status, await page.json()]).toEqual([200, expect.objectContaining({ code: 'DEPLOYMENT_NOT_FOUND', status: error.problem.status })])
  })
})

test('the client leads a deployment, a subscription, nodes and dead letters through their lives, as promised', async () => {
  const { body: { id }, headers: { location } } = await client('deployments', 'POST /', { body: { name: 'surfaces' } })
  expect(location).toBe(`/api/deployments/${id}`)
  await expect.poll(async () => (await client('deployments', 'GET /:id', { params: { id } })).body.status, { timeout: 60_000 }).toBe('running')
  const changed = await client('deployments', 'PATCH /:id/settings', { params: { id }, body: { pauseAfterSeconds: 3_000 } })
  await expect(client('deployments', 'POST /:id/stop', { params: { id }, ifMatch: '"0"' })).rejects.toMatchObject({ code: 'STALE_REVISION' })
  await client('deployments', 'POST /:id/pause', { params: { id } })
  await expect.poll(async () => (await client('deployments', 'GET /:id', { params: { id } })).body.status, { timeout: 60_000 }).toBe('paused')
  await client('deployments', 'POST /:id/resume', { params: { id } })
  await expect.poll(async () => (await client('deployments', 'GET /:id/activity', { params: { id } })).body.wakes, { timeout: 60_000 }).toBeGreaterThan(0)
  const { body: { items } } = await client('deployments', 'GET /:id/history', { params: { id }, query: { limit: 200 } })
  expect(items.map(({ type }) => type)).toEqual(expect.arrayContaining(['DeploymentRequested', 'InstanceStarted', 'SettingsChanged', 'InstancePaused', 'InstanceResumed']))
  await expect.poll(async () => (await client('deployments', 'GET /', { query: { search: 'surf' } })).body.items.map((item) => item.revision), { timeout: 60_000 }).toEqual([changed.body.revision])

  const { body: { items: nodes } } = await client('nodes', 'GET /')
  expect((await client('nodes', 'GET /:node', { params: { node: nodes[0]?.node ?? '' } })).body.slots.items.map(({ deploymentId }) => deploymentId)).toContain(id)

  await expect(client('subscriptions', 'POST /', { body: { url: 'http://127.0.0.1/hook', topics: ['events.>'] } })).rejects.toMatchObject({ problem: { code: 'INVALID_FIELD', field: 'url' } })
  expect((await client('subscriptions', 'GET /')).body).toEqual({ items: [], next: null })
  expect((await client('parked', 'GET /')).body).toEqual({ items: [], next: null })
  expect((await client('parked', 'POST /redrive', { body: { filter: { group: 'provision' } } })).body).toEqual({ changed: 0, skipped: 0, next: null })

  await client('deployments', 'DELETE /:id', { params: { id } })
  await expect.poll(async () => (await client('deployments', 'GET /:id', { params: { id } })).body.status, { timeout: 60_000 }).toBe('deleted')
})
