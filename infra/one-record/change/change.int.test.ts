import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { PIECE, serveClosed, type Caller } from '../access/testing/closed.ts'
import { grant, holderCaller, newAgent, type TestAgent } from '../requests/testing/agents.ts'
import { startStore, type Served } from '../testing/serve.ts'
import { changeBody, type Sent } from './testing.ts'

let minio: MinioServer
let server: Served
let holder: Caller
let agents: readonly TestAgent[]
beforeAll(async () => {
  minio = await startStore()
  server = await serveClosed(minio, { hideForbidden: true })
  holder = await holderCaller(server)
  agents = await Promise.all(['carrier', 'forwarder', 'shipper'].map((name) => newAgent(server, holder, name)))
})
afterAll(async () => {
  await server.stop()
  await minio.stop()
})

type Json = Readonly<Record<string, unknown>>
const CARGO = 'https://onerecord.iata.org/ns/cargo#'
const NEXT = 'http://foreign.test/next'
const WEIGHT = { '@type': 'cargo:Value', 'cargo:numericalValue': { '@type': 'http://www.w3.org/2001/XMLSchema#double', '@value': '20.0' } }
const located = (answer: Response): string => answer.headers.get('location') ?? ''
const statusOf = async (iri: string): Promise<string> => (await holder.json<{ 'api:hasRequestStatus': { '@id': string } }>(iri))['api:hasRequestStatus']['@id'].replace('api:REQUEST_', '')
const about = (property: string | null, resource: string) => ({
  'api:hasTitle': 'Unprocessable content', 'api:hasErrorDetail': [{ 'api:hasCode': '422', 'api:hasResource': { '@value': resource }, ...(property === null ? {} : { 'api:hasProperty': { '@value': property } }) }],
})

describe('a change that would make an object no new one could be', () => {
  test.each<[string, string, (iri: string) => readonly Sent[]]>([
    ['a second value where there may be one', `${CARGO}goodsDescription`, (iri) => [['ADD', iri, 'goodsDescription', 'string', 'tulips']]],
    ['a property that its class has not', `${CARGO}waybillNumber`, (iri) => [['ADD', iri, 'waybillNumber', 'string', '123']]],
    ['a literal of another datatype', `${CARGO}coload`, (iri) => [['ADD', iri, 'coload', 'dateTime', '2026-01-01T00:00:00Z']]],
    ['an embedded object of another class', `${CARGO}grossWeight`, (iri) => [['ADD', iri, 'grossWeight', 'Address', '_:a'], ['ADD', '_:a', 'postalCode', 'string', '1']]],
    ['an embedded object that holds itself', NEXT, (iri) => [['ADD', iri, NEXT, 'Value', '_:a'], ['ADD', '_:a', NEXT, 'Value', '_:a']]],
  ])('%s is 422 for the holder, and names the property', async (_, property, operations) => {
    const iri = await holder.make(PIECE)
    const answer = await holder.must(422, 'PATCH', iri, changeBody(iri, 1, operations(iri)))
    expect(await answer.json()).toMatchObject({ 'api:hasErrorDetail': [{ 'api:hasProperty': { '@value': property }, 'api:hasResource': { '@value': expect.any(String) as unknown } }] })
    expect([await statusOf(located(answer)), (await holder.must(200, 'HEAD', iri)).headers.get('revision')]).toEqual(['FAILED', '1'])
  })

  test('embedded objects nested more deeply than can be read', async () => {
    const iri = await holder.make(PIECE)
    const chain = Array.from({ length: 60 }, (_, index): Sent => ['ADD', index === 0 ? iri : `_:${index}`, NEXT, 'Value', `_:${index + 1}`])
    expect(await holder.status('PATCH', iri, changeBody(iri, 1, chain))).toBe(422)
    expect(await holder.status('PATCH', iri, changeBody(iri, 1, chain.slice(0, 40)))).toBe(201)
  })

  test('of another object', async () => {
    const [iri, other] = [await holder.make(PIECE), await holder.make(PIECE)]
    const answer = await holder.must(422, 'PATCH', iri, changeBody(iri, 1, [['ADD', other, 'upid', 'string', 'mine']]))
    expect(await answer.json()).toMatchObject(about(`${CARGO}upid`, other))
    expect(await holder.json(other)).not.toHaveProperty('cargo:upid')
  })
})

test('an embedded object is changed by its id, which stays; then it goes with what it held', async () => {
  const iri = await holder.make({ ...PIECE, 'cargo:grossWeight': WEIGHT })
  const weight = (await holder.json<{ 'cargo:grossWeight': { '@id': string } }>(iri))['cargo:grossWeight']['@id']
  await holder.must(201, 'PATCH', iri, changeBody(iri, 1, [['ADD', weight, 'numericalValue', 'double', '25.0'], ['DELETE', weight, 'numericalValue', 'double', '20']]))
  expect(await holder.json(iri)).toMatchObject({ 'cargo:grossWeight': { '@id': weight, 'cargo:numericalValue': { '@value': '25.0' } } })
  await holder.must(201, 'PATCH', iri, changeBody(iri, 2, [['DELETE', iri, 'grossWeight', 'Value', weight], ['DELETE', weight, 'numericalValue', 'double', '2.5e1']]))
  expect(await holder.json(iri)).not.toHaveProperty('cargo:grossWeight')
})

test('an instant is deleted whatever zone it is written in', async () => {
  const iri = await holder.make({ ...PIECE, 'http://foreign.test/when': { '@type': 'http://www.w3.org/2001/XMLSchema#dateTime', '@value': '2026-01-01T12:00:00Z' } })
  await holder.must(201, 'PATCH', iri, changeBody(iri, 1, [['DELETE', iri, 'http://foreign.test/when', 'dateTime', '2026-01-01T13:00:00.000+01:00']]))
  expect(await holder.json(iri)).not.toHaveProperty(['http://foreign.test/when'])
})

test('an object that nobody may see is not there for who asks to change it', async () => {
  const [agent] = agents
  const iri = await holder.make(PIECE)
  const bodies = await Promise.all([iri, `${server.base}/logistics-objects/nothing`].map(async (each) => {
    const answer = await agent?.must(404, 'PATCH', each, changeBody(each, 1, [['ADD', each, 'upid', 'string', 'x']]))
    return (await answer?.text() ?? '').replaceAll(each, 'X').replaceAll(/internal:[\da-f-]+/g, 'I')
  }))
  expect(bodies[0]).toBe(bodies[1])
})

test('changes from many sides at once: each revision has one request that made it, and no other was applied', async () => {
  const iri = await holder.make(PIECE)
  for (const agent of agents) await grant(holder, agent, [iri], ['GET_LOGISTICS_OBJECT', 'PATCH_LOGISTICS_OBJECT'])
  const asked: string[] = []
  for (let round = 0; round < 8; round += 1) {
    const { 'api:hasRevision': revision } = await holder.json<{ 'api:hasRevision': number }>(iri)
    const mark = (who: string) => changeBody(iri, revision, [['ADD', iri, 'http://foreign.test/mark', 'string', `${round} ${who}`]])
    const mine = await Promise.all(agents.map(async (by, index) => located(await by.must(201, 'PATCH', iri, mark(String(index))))))
    asked.push(...mine)
    await Promise.all([...mine.map((request) => holder.status('PATCH', `${request}?status=REQUEST_ACCEPTED`)), ...agents.map((agent) => agent.status('DELETE', mine[0] ?? ''))])
  }
  const statuses = await Promise.all(asked.map(statusOf))
  const accepted = statuses.filter((status) => status === 'ACCEPTED').length
  const object = await holder.json<Json>(iri)
  expect([accepted, object['api:hasRevision'], [object['http://foreign.test/mark']].flat().length]).toEqual([8, 9, 8])
  expect(statuses).not.toContain('PENDING')
})

test('whatever is asked and decided in whatever order, object and requests are what a model says', async () => {
  const command = fc.oneof(
    fc.record({ kind: fc.constant('ask' as const), by: fc.nat({ max: 2 }), ahead: fc.constantFrom(0, 0, 0, 1, -1), value: fc.constantFrom('a', 'b') }),
    fc.record({ kind: fc.constant('move' as const), which: fc.nat({ max: 5 }), by: fc.nat({ max: 3 }), to: fc.constantFrom('ACCEPTED', 'REJECTED', 'REVOKED') }),
  )
  await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 4, maxLength: 14 }), async (commands) => {
    const iri = await holder.make(PIECE)
    for (const agent of agents) await grant(holder, agent, [iri], ['GET_LOGISTICS_OBJECT', 'PATCH_LOGISTICS_OBJECT'])
    const model = { revision: 1, marks: new Set<string>(), requests: [] as { iri: string; by: number; value: string; status: string }[] }
    const toggled = (value: string): Sent => [model.marks.has(value) ? 'DELETE' : 'ADD', iri, 'http://foreign.test/mark', 'string', value]

    for (const each of commands) {
      if (each.kind === 'ask') {
        const revision = Math.max(1, model.revision + each.ahead)
        const request = located(await (agents[each.by] ?? holder).must(201, 'PATCH', iri, changeBody(iri, revision, [toggled(each.value)])))
        model.requests.push({ iri: request, by: each.by, value: each.value, status: revision === model.revision ? 'PENDING' : 'FAILED' })
        continue
      }
      const request = model.requests[each.which % Math.max(1, model.requests.length)]
      if (!request) continue
      const isParty = each.by === 3 || each.by === request.by
      const mayMove = each.by === 3 || (each.to === 'REVOKED' && isParty)
      const isSaidAgain = each.by === 3 && each.to === 'ACCEPTED' && request.status === 'ACCEPTED'
      const code = isSaidAgain ? 204 : !isParty ? 404 : request.status !== 'PENDING' ? (each.by !== 3 && each.to !== 'REVOKED' ? expect.toBeOneOf([403, 422]) as unknown : 422) : mayMove ? 204 : 403
      expect(await (agents[each.by] ?? holder).status('PATCH', `${request.iri}?status=REQUEST_${each.to}`)).toEqual(code)
      if (code !== 204 || isSaidAgain) continue
      request.status = each.to
      if (each.to !== 'ACCEPTED') continue
      model.revision += 1
      if (!model.marks.delete(request.value)) model.marks.add(request.value)
      for (const other of model.requests) if (other.status === 'PENDING') other.status = 'REJECTED'
    }
    const object = await holder.json<Json>(iri)
    expect(object['api:hasRevision']).toBe(model.revision)
    expect(new Set([object['http://foreign.test/mark'] ?? []].flat())).toEqual(model.marks)
    expect(await Promise.all(model.requests.map(({ iri: request }) => statusOf(request)))).toEqual(model.requests.map(({ status }) => status))
    const trail = await holder.json<{ 'api:hasActionRequest': readonly Json[] }>(`${iri}/audit-trail`)
    expect(trail['api:hasActionRequest'].map((each) => each['@id'])).toEqual(model.requests.map((each) => each.iri))
  }), { numRuns: 25 })
})
