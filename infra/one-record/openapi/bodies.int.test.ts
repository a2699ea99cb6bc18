import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { holderToken, OWNER, serveClosed } from '../access/testing/closed.ts'
import { isLogisticsObject } from '../ontology/ontology.ts'
import { CARGO } from '../namespaces.ts'
import { startStore, type Served } from '../testing/serve.ts'
import type { Scene } from './declaration.ts'
import { notification, piece } from './examples.ts'
import { OPERATIONS, type Operation } from './operations.ts'

const PARTNER = 'https://1r.carrier.test/logistics-objects/_data-holder'

let minio: MinioServer
let served: Served
let token: string
beforeAll(async () => {
  minio = await startStore()
  served = await serveClosed(minio)
  token = await holderToken(served)
})
afterAll(async () => {
  await served.stop()
  await minio.stop()
})

const send = (method: string, path: string, type?: string, body?: string) =>
  fetch(`${served.address}/${path}`, { method, headers: { ...(path.startsWith('oauth2/') ? {} : { authorization: `Bearer ${token}` }), ...(type === undefined ? {} : { 'content-type': type }) }, ...(body === undefined ? {} : { body }) })
const must = async (answer: Response): Promise<Response> => {
  if (!answer.ok) throw new Error(`${answer.url} answers ${answer.status}: ${await answer.text()}`)
  return answer
}
/** IRI of a new object as in the examples. */
const create = async (): Promise<string> => (await must(await send('POST', 'logistics-objects', 'application/ld+json', JSON.stringify(piece({ base: served.base, object: '', partner: PARTNER }))))).headers.get('location') ?? ''

/** What an example needs to be there. */
const BEFORE: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'POST holder/announcements': async ({ object }) => must(await send('POST', 'holder/grants', 'application/json', JSON.stringify({ objects: [object], permissions: ['GET_LOGISTICS_OBJECT'], public: true }))),
}

/** The id that a path has in its place; everything but objects is named so that no example finds it there. */
const pathFor = ({ path }: Operation, { object }: Scene): string =>
  path.replace('{id}', path.startsWith('logistics-objects/') ? object.slice(object.lastIndexOf('/') + 1) : 'x').replaceAll(/\{\w+\}/g, 'of-the-examples')

const bodyFor = ({ sends, path }: Operation, scene: Scene): readonly [type: string, body: string] => {
  if (!sends?.example) throw new Error(`${path} has no example`)
  if (sends.kind === 'bytes') return [sends.example(scene).type, sends.example(scene).body]
  const said = sends.example(scene)
  if (sends.kind === 'form') return [sends.name, new URLSearchParams({ ...(said as Record<string, string>), client_id: OWNER.id, client_secret: OWNER.secret }).toString()]
  return [sends.kind === 'json' ? sends.name : 'application/ld+json', JSON.stringify(said)]
}

const declared = (name: string): Operation => {
  const found = OPERATIONS.find(({ method, path }) => `${method} ${path}` === name)
  if (!found) throw new Error(`${name} is not declared`)
  return found
}
const sending = OPERATIONS.filter(({ sends }) => sends !== undefined)
/** Its partner is on no server. */
const ASKS_PARTNER = 'holder/subscription-offers'

describe('an example is taken', () => {
  test.each(sending.filter(({ path }) => path !== ASKS_PARTNER).map((operation) => [`${operation.method} ${operation.path}`, operation] as const))('%s', async (name, operation) => {
    const scene: Scene = { base: served.base, object: await create(), partner: PARTNER }
    await BEFORE[name]?.(scene)
    const answer = await send(operation.method, pathFor(operation, scene), ...bodyFor(operation, scene))
    expect([answer.status, await answer.clone().text()]).toEqual([operation.status, expect.anything()])
    for (const header of operation.headers ?? []) expect(answer.headers.get(header), header).toBeTruthy()
    await expectAsDeclared(operation, answer)
  })

  test('as far as the partner\'s server, which is none', async () => {
    const scene: Scene = { base: served.base, object: await create(), partner: PARTNER }
    expect((await send('POST', ASKS_PARTNER, ...bodyFor(declared(`POST ${ASKS_PARTNER}`), scene))).status).toBe(502)
  })
})

/** The body is what the table says, and has nothing besides. */
const expectAsDeclared = async ({ gives, method }: Operation, answer: Response): Promise<void> => {
  if (gives === undefined || method === 'HEAD') return expect(await answer.text()).toBe('')
  if (gives.kind === 'bytes') return expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(0)
  const body = await answer.json() as { readonly '@id'?: unknown; readonly '@type'?: unknown }
  if (gives.kind === 'linked-data') {
    expect(answer.headers.get('content-type')).toContain('application/ld+json')
    const type = String([body['@type']].flat()[0])
    if (gives.types?.length) return expect(gives.types).toContain(type)
    return expect(type === gives.name || (gives.name === 'cargo:LogisticsObject' && isLogisticsObject(type.replace('cargo:', CARGO)))).toBe(true)
  }
  expect(gives.schema.safeParse(body).error?.issues).toBeUndefined()
}

test('what is read is as declared, with something in every list', async () => {
  const object = await create()
  const scene: Scene = { base: served.base, object, partner: PARTNER }
  const post = async (path: string, body: unknown, type = 'application/json', method = 'POST') => must(await send(method, path, type, JSON.stringify(body)))
  const id = object.slice(object.lastIndexOf('/') + 1)
  const subscribed = (await must(await send('POST', 'subscriptions', ...bodyFor(declared('POST subscriptions'), scene)))).headers.get('location') ?? ''
  await send('PATCH', `${subscribed.slice(served.base.length + 1)}?status=REQUEST_ACCEPTED`)
  await post('holder/grants', { objects: [object], permissions: ['GET_LOGISTICS_OBJECT'], group: await post('holder/groups/read', { members: [PARTNER] }, 'application/json', 'PUT').then(() => 'read') })
  const grants = await (await send('GET', 'holder/grants?group=read')).json() as { items: { id: string }[] }
  const client = await (await post('holder/clients', { name: 'a', agent: PARTNER })).json() as { id: string }
  await post('holder/partners', { uri: PARTNER, name: 'a' })
  await post('holder/connections', { agent: PARTNER, credentials: { tokenEndpoint: 'https://1r.carrier.test/token', clientId: 'a', secret: 'b' } }, 'application/json', 'PUT')
  await post('holder/wishes', { wishes: [{ topicType: 'LOGISTICS_OBJECT_IDENTIFIER', topic: object }] }, 'application/json', 'PUT')
  await post('holder/announcements', { object, to: [PARTNER] })
  await post('notifications', notification({ ...scene, partner: `${PARTNER}-2` }), 'application/ld+json')
  await post('holder/erasures', { logisticsObject: await create() })
  await must(await send('PUT', `logistics-objects/${id}/documents/a`, 'text/plain', 'a'))
  const recorded = (await must(await send('POST', `logistics-objects/${id}/logistics-events`, ...bodyFor(declared('POST logistics-objects/{id}/logistics-events'), scene)))).headers.get('location') ?? ''
  const inbox = await (await send('GET', 'holder/inbox')).json() as { items: { id: string }[] }

  const places: Readonly<Record<string, string>> = {
    'holder/grants/{id}': `holder/grants/${grants.items[0]?.id}`, 'holder/groups/{name}': 'holder/groups/read', 'holder/partners/{uri}': `holder/partners/${encodeURIComponent(PARTNER)}`, 'holder/clients/{id}': `holder/clients/${client.id}`,
    'holder/inbox/{id}': `holder/inbox/${inbox.items[0]?.id}`, 'action-requests/{id}': subscribed.slice(served.base.length + 1), 'logistics-objects/{id}/documents/{name}': `logistics-objects/${id}/documents/a`,
    'logistics-objects/{id}/logistics-events/{event}': recorded.slice(served.base.length + 1), subscriptions: `subscriptions?topicType=LOGISTICS_OBJECT_IDENTIFIER&topic=${encodeURIComponent(object)}`,
  }
  const EMPTY = ['holder/dead-letters'] // nothing was tried for days
  for (const operation of OPERATIONS.filter(({ method }) => method === 'GET' || method === 'HEAD')) {
    const answer = await send(operation.method, places[operation.path] ?? operation.path.replace('{id}', id))
    expect([operation.path, answer.status]).toEqual([operation.path, operation.status])
    if (operation.method === 'GET' && operation.gives?.kind === 'json') {
      const { items } = await answer.clone().json() as { items?: readonly unknown[] }
      if (items !== undefined && !EMPTY.includes(operation.path)) expect(items, operation.path).not.toHaveLength(0)
    }
    await expectAsDeclared(operation, answer)
  }
})
