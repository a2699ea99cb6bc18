import fc from 'fast-check'
import type { MinioServer } from '../../testing/servers.ts'
import { objectIri } from '../objects/split.ts'
import type { Scene } from '../openapi/declaration.ts'
import { piece } from '../openapi/examples.ts'
import { OPERATIONS, type Operation } from '../openapi/operations.ts'
import { validObjects } from '../testing/objects.ts'
import { mutated, mutations } from './mutate.ts'
import { newPart, type Part } from './report.ts'
import { samples } from './samples.ts'
import { makeAgents, type Agents } from './sequences/agents.ts'
import { AGENTS, holdersOnly, type Who } from './sequences/model.ts'
import { startServer } from './sequences/process.ts'
import { send, type Sendable } from './send.ts'
import { isTold } from './told.ts'

/** What is there to be asked for, newest last; `others`: ids of requests, grants, clients and what else an answer named. */
type There = { readonly objects: string[]; readonly others: string[] }
const MOST_THERE = 24

const FORM = 'application/x-www-form-urlencoded'
const who = fc.oneof({ arbitrary: fc.constant<Who>('holder'), weight: 6 }, { arbitrary: fc.constantFrom<Who>(...AGENTS, 'nobody', 'liar'), weight: 4 })
const asked = fc.record({
  operation: fc.constantFrom(...OPERATIONS), who, lie: fc.nat({ max: 20 }), mutations, object: fc.nat({ max: 9 }), other: fc.nat({ max: 30 }), body: validObjects,
  query: fc.array(fc.tuple(fc.nat({ max: 9 }), fc.constantFrom('true', '1', '50', '20260101T000000Z', 'REQUEST_PENDING', 'REQUEST_ACCEPTED', 'REQUEST_REVOKED', 'jsonld', 'nquads', 'x', '')), { maxLength: 1 }),
})
type AskedFor = typeof asked extends fc.Arbitrary<infer T> ? T : never

/** No server of these tests asks another: what its answer says is not this server's. */
const ASKS_PARTNER = 'holder/subscription-offers'

/**
 * Every endpoint that is described, for several agents of a closed server: bodies as in the examples, most of the time, and
 * something else at one place in them otherwise. Whoever has no token is 401, what is the holder's is 403 for others, never 5xx, and
 * every 4xx says why. @param say hears how far it is
 */
export const fuzzAgents = async (minio: MinioServer, cases: number, seed: number, say: (done: number) => void = () => {}): Promise<Part> => {
  const part = newPart('agents')
  const server = await startServer(minio)
  const http = send(server.address())
  try {
    const agents = await makeAgents({ claim: server.claim, address: server.address() })
    const there: There = { objects: ['_data-holder'], others: ['x'] }
    for (const each of samples(asked, cases, seed)) {
      const { operation, who: by } = each
      // so that something is there that was not erased
      if (part.cases() % 40 === 0) keep(there, (await http.ask(creation(agents, server.claim.baseUrl))).location)
      const request = requestOf(each, there, agents, server.claim.baseUrl)
      const told = `${by} ${request.method} ${request.path} ${request.body?.toString('utf8').slice(0, 800) ?? ''}`
      const answer = await http.ask(request).catch((error: unknown) => String(error))
      if (typeof answer === 'string') {
        part.count('cut off')
        part.find(`${answer}: ${told}`)
        continue
      }
      part.count(String(answer.status))
      const { status } = answer
      if (status >= 500 && operation.path !== ASKS_PARTNER) part.find(`${status} ${answer.body.slice(0, 500)}: ${told}`)
      if (status >= 400 && request.method !== 'HEAD' && !isTold(answer)) part.find(`${status} without an error as it should be, ${answer.body.slice(0, 500)}: ${told}`)
      const should = refusalOf(operation, by)
      if (should !== null && status !== should) part.find(`${status} instead of ${should}: ${told}`)
      keep(there, answer.location)
      if (status === 201 && answer.type.startsWith('application/json')) keep(there, idIn(answer.body))
      if (part.cases() % 500 === 0) say(part.cases())
    }
  } finally {
    http.close()
    await server.stop()
  }
  return part.done()
}

/** What is known of an answer from who asks alone. */
const refusalOf = ({ who: forWhom, path }: Operation, by: Who): number | null => {
  if (forWhom === 'anybody') return null
  if (by === 'nobody' || by === 'liar') return 401
  // a request's own requestor takes it back there; others are told what those are who may not see it
  return forWhom === 'holder' && path !== 'action-requests/{id}' ? holdersOnly(by) : null
}

const keep = ({ objects, others }: There, iri: string): void => {
  const id = iri.slice(iri.lastIndexOf('/') + 1)
  if (id === '') return
  const list = /\/logistics-objects\/[^/]+$/.test(iri) ? objects : others
  list.push(id)
  if (list.length > MOST_THERE) list.splice(1, 1)
}

const idIn = (body: string): string => {
  const { id, items: [first] = [] } = JSON.parse(body) as { readonly id?: string; readonly items?: readonly { readonly id?: string }[] }
  return id ?? first?.id ?? ''
}

const creation = (agents: Agents, base: string): Sendable => ({
  method: 'POST', path: '/logistics-objects', headers: { ...agents.headers('holder', 0), 'content-type': 'application/ld+json' },
  body: Buffer.from(JSON.stringify(piece({ base, object: base, partner: agents.iri.partner }))),
})

const requestOf = ({ operation, who: by, lie, mutations: wrong, object, other, body, query }: AskedFor, { objects, others }: There, agents: Agents, base: string): Sendable => {
  const { path, method, sends } = operation
  const ids = path.startsWith('logistics-objects/') ? [objects[object % objects.length], others[other % others.length]] : [others[other % others.length]]
  const filled = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(ids.shift() ?? 'x'))
  const parameters = query.flatMap(([index, value]) => (operation.query?.length ? [`${operation.query[index % operation.query.length]}=${encodeURIComponent(value)}`] : []))
  const scene: Scene = { base, object: objectIri(base, objects[object % objects.length] ?? ''), partner: agents.iri.partner }
  const text = sends && bodyOf(sends, scene, body, wrong)
  return {
    method, path: `/${filled}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`,
    headers: { ...agents.headers(by, lie), ...(text ? { 'content-type': text[0] } : {}) }, body: text ? Buffer.from(text[1]) : null,
  }
}

const bodyOf = (sends: NonNullable<Operation['sends']>, scene: Scene, object: unknown, wrong: AskedFor['mutations']): readonly [type: string, text: string] => {
  if (sends.kind === 'bytes') {
    const { type, body } = sends.example?.(scene) ?? { type: 'text/plain', body: 'x' }
    return [type, wrong.length === 0 ? body : `${JSON.stringify(mutated(scene, wrong))}\n${body}`]
  }
  const json = mutated(sends.name === 'cargo:LogisticsObject' ? object : sends.example?.(scene) ?? object, wrong)
  if (sends.kind === 'form') return [FORM, new URLSearchParams(Object.fromEntries(Object.entries(json as object).map(([name, value]) => [name, String(value)]))).toString()]
  return [sends.kind === 'json' ? sends.name : 'application/ld+json', JSON.stringify(json)]
}
