import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { httpClient, operator, type Answer, type Operator } from '../demo/http.ts'
import { startPlayground, type Playground } from '../local/playground.ts'
import { change, piece, subscription } from './notifications/testing/town.ts'

/** A deployment as its owner was shown it when it was made. */
type Made = { readonly id: string; readonly url: string; readonly tokenUrl: string; readonly clientId: string; readonly clientSecret: string }
type Ask = (method: string, url: string, body?: unknown) => Promise<Answer>

const client = httpClient({ keepAlive: false })
let folder: string
let playground: Playground
let api: Operator
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-two-'))
  chmodSync(folder, 0o711) // PostgreSQL runs as another user when this is root
  playground = await startPlayground({ dataDir: join(folder, '.data'), ports: 'free', env: { SPARE_SLOTS: '2', PAUSE_AFTER_SECONDS: '2', HIBERNATE_AFTER_SECONDS: '2' } })
  api = operator(client, playground.urls.platform, playground.tokenFile)
})
afterAll(async () => {
  client.close()
  await playground?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const eventually = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 100 })
const statusOf = async ({ id }: Made): Promise<string> => (await api.call<{ status: string }>('GET', `/${id}`)).status
const asleep = (...all: readonly Made[]) => eventually(async () => expect(await Promise.all(all.map(statusOf))).toEqual(all.map(() => 'hibernated')))
const holderOf = ({ url }: Made): string => `${url}/logistics-objects/_data-holder`
const locationOf = ({ headers }: Answer): string => headers['location'] ?? ''

/** Requests of a deployment's holder to a server, with a token for that server fetched once: later ones wake nobody but whom they ask. */
const holder = async ({ tokenUrl, clientId, clientSecret }: Made, server: Made): Promise<Ask> => {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, resource: server.url })
  const { status, body } = await client.ask(tokenUrl, { method: 'POST', body: form.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  expect(status).toBe(200)
  const { access_token: token } = JSON.parse(body.toString()) as { access_token: string }
  return async (method, url, sent) => {
    const content = { 'content-type': url.includes('/holder/') ? 'application/json' : 'application/ld+json' }
    const answer = await client.ask(url, { method, headers: { authorization: `Bearer ${token}`, ...(sent === undefined ? {} : content) }, ...(sent === undefined ? {} : { body: JSON.stringify(sent) }) })
    if (answer.status > 299) throw new Error(`${method} ${url} answers ${answer.status}: ${answer.body.toString()}`)
    return answer
  }
}

test('two deployments that sleep: A hears of what B changed on its request, and what B owes wakes whoever has to be awake for it', async () => {
  const make = (name: string) => api.call<Made>('POST', '', { name })
  const [a, b] = [await make('airline'), await make('forwarder')]
  const [atA, atB, ownB] = [await holder(a, a), await holder(a, b), await holder(b, b)]
  const inbox = async () => (JSON.parse((await atA('GET', `${a.url}/holder/inbox`)).body.toString()) as { items: readonly { eventType: string; object: string; triggeredBy: string }[] }).items
  const updates = async () => (await inbox()).filter(({ eventType }) => eventType === 'LOGISTICS_OBJECT_UPDATED')

  const object = locationOf(await ownB('POST', `${b.url}/logistics-objects`, piece('0')))
  await ownB('POST', `${b.url}/holder/grants`, { objects: [object], permissions: ['GET_LOGISTICS_OBJECT', 'PATCH_LOGISTICS_OBJECT'], agent: holderOf(a) })
  const subscribed = locationOf(await atB('POST', `${b.url}/subscriptions`, subscription(holderOf(a), object)))
  await ownB('PATCH', `${subscribed}?status=REQUEST_ACCEPTED`)
  await asleep(a, b)

  const asked = locationOf(await atB('PATCH', object, change(object, 1, '0', '1')))
  await asleep(a, b)
  // B's holder alone acts; that A is awake again is the notification's doing
  await ownB('PATCH', `${asked}?status=REQUEST_ACCEPTED`)
  await eventually(async () => expect(await statusOf(a)).toBe('running'))
  await eventually(async () => expect(await updates()).toEqual([expect.objectContaining({ object, triggeredBy: subscribed })]))

  // A cannot be reached: what B owes waits, in its sleep too
  await api.call('POST', `/${a.id}/stop`, { reason: 'for a while' })
  await eventually(async () => expect(await statusOf(a)).toBe('stopped'))
  await ownB('PATCH', object, change(object, 2, '1', '2'))
  await eventually(async () => expect(['paused', 'hibernated']).toContain(await statusOf(b)))
  await api.call('POST', `/${a.id}/start`)
  // nobody asks B for anything from here on
  await eventually(async () => expect(await updates()).toHaveLength(2))
}, 240_000)
