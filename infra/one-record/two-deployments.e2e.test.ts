import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { holderAt } from '../demo/holder.ts'
import { httpClient, operator, type Operator } from '../demo/http.ts'
import { tokensOf, type MadeWithSecret } from '../demo/token.ts'
import { startPlayground, type Playground } from '../local/playground.ts'
import { change, piece, subscription } from './notifications/testing/town.ts'

/** A deployment as its owner was shown it when it was made. */
type Made = MadeWithSecret & { readonly id: string; readonly url: string }

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
const agentOf = ({ url }: Made): string => `${url}/logistics-objects/_data-holder`
const locationOf = ({ headers }: { readonly headers: Readonly<Record<string, string>> }): string => headers['location'] ?? ''

/** A deployment's holder at a server, with a token for that server fetched once: later requests wake nobody but whom they ask. */
const holderOf = async (made: Made, { url }: Made) => {
  const tokens = tokensOf(client, made, url)
  await tokens.token()
  return holderAt(client, url, tokens)
}

test('two deployments that sleep: A hears of what B changed on its request, and what B owes wakes whoever has to be awake for it', async () => {
  const make = (name: string) => api.call<Made>('POST', '', { name })
  const [a, b] = [await make('airline'), await make('forwarder')]
  const [atA, atB, ownB] = [await holderOf(a, a), await holderOf(a, b), await holderOf(b, b)]
  // a slot's document lies beside its bundle
  expect((await atA.call('GET /openapi.json')).body).toMatchObject({ servers: [{ url: a.url }] })
  const updates = async () => (await atA.call('GET /holder/inbox')).body.items.filter(({ eventType }) => eventType === 'LOGISTICS_OBJECT_UPDATED')
  const accept = (at: string) => ownB.call('PATCH /action-requests/{id}', { at, query: { status: 'REQUEST_ACCEPTED' } })

  const object = locationOf(await ownB.call('POST /logistics-objects', { body: piece('0') }))
  await ownB.call('POST /holder/grants', { body: { objects: [object], permissions: ['GET_LOGISTICS_OBJECT', 'PATCH_LOGISTICS_OBJECT'], agent: agentOf(a) } })
  const subscribed = locationOf(await atB.call('POST /subscriptions', { body: subscription(agentOf(a), object) }))
  await accept(subscribed)
  await asleep(a, b)

  const asked = locationOf(await atB.call('PATCH /logistics-objects/{id}', { at: object, body: change(object, 1, '0', '1') }))
  await asleep(a, b)
  // B's holder alone acts; that A is awake again is the notification's doing
  await accept(asked)
  await eventually(async () => expect(await statusOf(a)).toBe('running'))
  await eventually(async () => expect(await updates()).toEqual([expect.objectContaining({ object, triggeredBy: subscribed })]))

  // A cannot be reached: what B owes waits, in its sleep too
  await api.call('POST', `/${a.id}/stop`, { reason: 'for a while' })
  await eventually(async () => expect(await statusOf(a)).toBe('stopped'))
  await ownB.call('PATCH /logistics-objects/{id}', { at: object, body: change(object, 2, '1', '2') })
  await eventually(async () => expect(['paused', 'hibernated']).toContain(await statusOf(b)))
  await api.call('POST', `/${a.id}/start`)
  // nobody asks B for anything from here on
  await eventually(async () => expect(await updates()).toHaveLength(2))
}, 240_000)
