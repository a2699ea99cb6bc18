import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpClient, operator, type Answer } from '../../demo/http.ts'
import { startPlayground, type Playground } from '../../local/playground.ts'
import { PIECE } from './testing/closed.ts'

type Deployment = { readonly id: string; readonly url: string; readonly tokenUrl: string; readonly clientId: string; readonly clientSecret: string }
let dataDir: string
let playground: Playground | undefined
const client = httpClient({ keepAlive: false })
const deployments = new Map<string, Deployment>()
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-neighbours-'))
  chmodSync(dataDir, 0o711) // PostgreSQL runs as another user when this is root
  playground = await startPlayground({ dataDir: join(dataDir, '.data'), ports: 'free' })
  const api = operator(client, playground.urls.platform, playground.tokenFile)
  for (const name of ['airline', 'forwarder']) deployments.set(name, await api.call<Deployment>('POST', '/', { name, settings: { pauseAfterSeconds: 1, hibernateAfterSeconds: 1 } }))
}, 240_000)
afterAll(async () => {
  client.close()
  await playground?.stop()
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

const of = (name: string): Deployment => {
  const found = deployments.get(name)
  if (!found) throw new Error(`${name} is not there`)
  return found
}
const baseOf = (name: string): string => of(name).url.replace(/\/$/, '')

/** A token of one deployment's holder for another deployment, fetched as any client would. */
const tokenOf = async (name: string, at: string): Promise<string> => {
  const { tokenUrl, clientId, clientSecret } = of(name)
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, resource: baseOf(at) }).toString()
  const { status, body: answer } = await client.ask(tokenUrl, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body })
  expect([status, answer.toString()]).toEqual([200, expect.stringContaining('access_token')])
  return (JSON.parse(answer.toString()) as { readonly access_token: string }).access_token
}
const ask = async (url: string, token: string | null, method = 'GET', body?: unknown): Promise<Answer> => client.ask(url, {
  method, headers: { 'content-type': 'application/ld+json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})

test('a deployment is closed as it is made; its neighbour, which may be asleep, vouches for its own holder, and sees what it was granted', { timeout: 180_000 }, async () => {
  await expect.poll(async () => (await ask(`${baseOf('forwarder')}/`, null)).status, { timeout: 60_000 }).toBe(401)
  const holder = await tokenOf('forwarder', 'forwarder')
  const piece = (await ask(`${baseOf('forwarder')}/logistics-objects`, holder, 'POST', PIECE)).headers['location'] ?? ''
  const airline = await tokenOf('airline', 'forwarder')
  expect((await ask(`${baseOf('forwarder')}/`, airline)).status).toBe(200)
  expect((await ask(piece, airline)).status).toBe(404)
  const grant = { objects: [piece], permissions: ['GET_LOGISTICS_OBJECT'], agent: `${baseOf('airline')}/logistics-objects/_data-holder` }
  expect((await ask(`${baseOf('forwarder')}/holder/grants`, holder, 'POST', grant)).status).toBe(201)
  expect(JSON.parse((await ask(piece, airline)).body.toString())).toMatchObject({ '@id': piece, '@type': 'cargo:Piece' })
  expect((await ask(piece, await tokenOf('airline', 'airline'))).status).toBe(401)
})
