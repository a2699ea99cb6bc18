import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { expect, vi } from 'vitest'
import { startPlayground, type Playground } from '../../local/playground.ts'
import { connectNats } from '../../nats/connect.ts'
import { STREAM } from '../../nats/subjects.ts'
import { sendExact, type Sent } from './exact-http.ts'
import { historyOf } from '../history.ts'
import { httpClient, operator, type Operator } from '../http.ts'

/** Largest bodies that functions, and the deployments here, take. */
export const FUNCTION_LIMIT = 65_536
export const SLOT_LIMIT = 2_048
export const PIECE = readFileSync(join(import.meta.dirname, '../../one-record/testing/examples/Piece.json'), 'utf8')
export const LD = { 'content-type': 'application/ld+json' }
export const JSON_TYPE = { 'content-type': 'application/json' }

export type Scene = ReturnType<typeof scene>

/** A playground with a deployment in each state that refuses something, and every way to reach it. Usable after `open`. */
export const scene = () => {
  const client = httpClient()
  /** Deployments by name: `demo` runs, the others are what they are called: stopped is `closed`, hibernated `away`, deleted `gone`. */
  const ids: Record<string, string> = {}
  let opened: { readonly folder: string; readonly playground: Playground; readonly nats: NatsConnection; readonly api: Operator } | undefined
  let object = ''

  const on = () => {
    if (!opened) throw new Error('the scene is not open')
    return opened
  }
  const api = () => on().api
  const nats = () => on().nats
  const token = () => on().playground.token
  const httpPort = () => on().playground.httpPort
  const secretOf = (name: string) => readFileSync(join(on().playground.secretsDir, name), 'utf8').trimEnd()
  const basic = (user: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` })
  const gatewayUser = () => basic(secretOf('basic-auth-user'), secretOf('basic-auth-password'))
  const bearer = () => ({ authorization: `Bearer ${token()}` })
  // the names of the cases hold it
  const hostOf = (name: string) => `${name}.play.localhost`

  const atEdge = (path: string, sent: Sent = {}) => sendExact(httpPort(), path, { ...sent, headers: { host: `localhost:${httpPort()}`, ...sent.headers } })
  const atGateway = (path: string, sent: Sent = {}) => sendExact(Number(new URL(on().playground.urls.gateway).port), path, { ...sent, headers: { accept: '*/*', ...sent.headers } })
  const visit = (name: string, path: string, sent: Sent = {}) => sendExact(httpPort(), path, { ...sent, headers: { host: hostOf(name), ...sent.headers } })

  const expectStatus = async (name: string, status: string) => expect((await api().call<{ status: string }>('GET', `/${ids[name]}`)).status).toBe(status)
  const until = (name: string, status: string) => vi.waitFor(() => expectStatus(name, status), { timeout: 20_000, interval: 50 })
  /** Asks again: a sleep is abandoned while edges may still be coming back to a broker that has just started. */
  const putToSleep = (name: string, command: 'pause' | 'hibernate', status: string) =>
    vi.waitFor(async () => {
      await api().call('POST', `/${ids[name]}/${command}`)
      await vi.waitFor(() => expectStatus(name, status), { timeout: 300 })
    }, { timeout: 60_000, interval: 500 })

  /** All that bad input could have changed: the stream, every deployment and its history, the functions, the data of one server. */
  const everything = async () => ({
    sequence: (await (await jetstreamManager(nats())).streams.info(STREAM.events)).state.last_seq,
    deployments: await Promise.all(Object.values(ids).map((id) => api().call<object>('GET', `/${id}`))),
    histories: await Promise.all(Object.values(ids).map((id) => historyOf(api(), id))),
    functions: ((await atGateway('/system/functions', { headers: gatewayUser() })).json as { name: string }[]).map(({ name }) => name),
    object: await visit('demo', object).then(({ status, headers, json }) => [status, headers['revision'], json]),
  })

  const open = async (): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'orp-bad-input-'))
    chmodSync(folder, 0o711) // PostgreSQL runs as another user when this is root
    const playground = await startPlayground({
      dataDir: join(folder, '.data'), ports: 'free', env: { GATEWAY_BODY_LIMIT_BYTES: String(FUNCTION_LIMIT), PAUSE_AFTER_SECONDS: '3600', HIBERNATE_AFTER_SECONDS: '3600' },
    })
    const connection = await connectNats({ NATS_URL: playground.urls.nats, SECRETS_DIR: playground.secretsDir }, 'bad-input')
    opened = { folder, playground, nats: connection, api: operator(client, playground.urls.platform, playground.tokenFile) }
    for (const name of ['demo', 'paused', 'closed', 'away', 'gone']) ids[name] = (await api().call<{ id: string }>('POST', '/', { name, settings: { maxBodyBytes: SLOT_LIMIT, open: true, requestsPerMinute: 1_000_000 } })).id
    for (const name of Object.keys(ids)) await until(name, 'running')
    await api().call('PATCH', `/${ids['demo']}/settings`, { pauseAfterSeconds: 3_000 }, { 'idempotency-key': 'used' })
    await api().call('POST', `/${ids['paused']}/pause`, undefined, { 'idempotency-key': 'used' })
    await api().call('POST', `/${ids['closed']}/stop`)
    await api().call('DELETE', `/${ids['gone']}`)
    await Promise.all([until('closed', 'stopped'), until('gone', 'deleted'), putToSleep('paused', 'pause', 'paused'), putToSleep('away', 'hibernate', 'hibernated')])
    object = new URL((await visit('demo', '/logistics-objects', { method: 'POST', headers: LD, body: PIECE })).headers['location'] ?? '').pathname
    await vi.waitFor(async () => {
      const { histories, sequence } = await everything()
      expect(Math.max(...histories.flat().map(({ position }) => Number(position)))).toBe(sequence) // the read models have it all
    }, { timeout: 10_000 })
  }

  const close = async (): Promise<void> => {
    client.close()
    await opened?.nats.close()
    await opened?.playground.stop()
    if (opened) rmSync(opened.folder, { recursive: true, force: true })
  }

  return { open, close, everything, ids, dataDir: () => on().playground.dataDir, object: () => object, api, nats, token, httpPort, secretOf, basic, gatewayUser, bearer, hostOf, atEdge, atGateway, visit, until, putToSleep }
}
