import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startPlayground, type Playground } from '../../local/playground.ts'
import { Receiver } from './testing.ts'

let dataDir: string
let playground: Playground
let receiver: Receiver

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-subscriptions-'))
  chmodSync(dataDir, 0o711)
  receiver = await new Receiver().start()
  playground = await startPlayground({ dataDir, env: { SPARE_SLOTS: '1', OUTBOUND_ALLOW: '127.0.0.1/32' } })
}, 120_000)
afterAll(async () => {
  await playground.stop()
  await receiver.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

type Answered = { readonly id: string; readonly secret: string; readonly items: readonly { readonly id: string; readonly status: string }[]; readonly code: string; readonly delivered: boolean }

const call = async (method: string, path: string, body?: object): Promise<{ readonly status: number; readonly json: Answered }> => {
  const headers = { authorization: `Bearer ${playground.token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${playground.urls.platform}/api${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
  return { status: answer.status, json: (await answer.json()) as Answered }
}

it('another service registers through the edge, is pinged, and hears of a deployment from its request to its first instance', async () => {
  expect(await call('POST', '/subscriptions', { url: 'http://169.254.169.254/', topics: ['events.>'] })).toMatchObject({ status: 400, json: { code: 'INVALID_FIELD', field: 'url' } })
  const { status, json: { id, secret } } = await call('POST', '/subscriptions', { url: receiver.url, topics: ['events.deployment.*', 'events.instance.*'] })
  expect(status).toBe(201)
  receiver.secret = secret
  expect(await call('POST', `/subscriptions/${id}/ping`)).toMatchObject({ status: 200, json: { delivered: true, status: 204 } })

  const deployment = await call('POST', '/deployments', { name: 'demo', settings: { open: true } })
  expect(deployment.status).toBe(202)
  await vi.waitFor(() => expect(receiver.received.map(({ type }) => type)).toEqual(expect.arrayContaining(['Ping', 'DeploymentRequested', 'ClaimRequested', 'InstanceStarted'])), { timeout: 60_000, interval: 50 })
  expect(receiver.received.filter(({ subject }) => subject === `events.deployment.${deployment.json.id}`).map(({ type }) => type).slice(0, 2)).toEqual(['DeploymentRequested', 'ClaimRequested'])
  expect(receiver.forged).toEqual([])

  await vi.waitFor(async () => expect((await call('GET', '/subscriptions')).json.items).toMatchObject([{ id, status: 'active' }]), { timeout: 60_000, interval: 100 })
  await vi.waitFor(async () => expect((await call('GET', `/subscriptions/${id}`)).json).toMatchObject({ deliveries: { lag: 0, parked: 0, failingSince: null } }), { timeout: 60_000, interval: 100 })
  expect((await call('DELETE', `/subscriptions/${id}`)).json).toMatchObject({ status: 'deleted' })
}, 200_000)
