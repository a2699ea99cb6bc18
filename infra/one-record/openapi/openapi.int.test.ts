import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessPart } from '../access/part.ts'
import type { Server } from '../endpoints/server.ts'
import { METHODS } from '../http/router.ts'
import { notificationsPart } from '../notifications/part.ts'
import { routesOf } from '../routes.ts'
import { openRecord } from '../store/record.ts'
import { claimOn, type Served } from '../testing/serve.ts'
import { startServed, type ServedOnStore } from '../testing/served.ts'
import { openApiOf } from './document.ts'
import { OPERATIONS } from './operations.ts'

let on: ServedOnStore
let minio: ServedOnStore['minio']
let server: Served
beforeAll(async () => {
  on = await startServed()
  ;({ minio, server } = on)
})
afterAll(() => on.stop())

test('the document is OpenAPI, and served to anybody', async () => {
  const answer = await fetch(`${server.address}/openapi.json`)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
  const document = await answer.json() as Record<string, unknown>
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiOf(server.base))))
  expect(await new Validator().validate(document)).toMatchObject({ valid: true })
})

const described = (): readonly string[] => OPERATIONS.map(({ method, path }) => `${method} /${path}`).toSorted()

test('every route is described, and nothing that is no route', async () => {
  const claim = claimOn(minio)
  const record = await openRecord(claim, { genesis: async () => {}, limit: { bytes: claim.limits.storedBytes, reached: () => {} }, complain: () => {} })
  const access = accessPart(claim, () => record.reader(), () => {})
  const server: Server = {
    base: claim.baseUrl, limits: claim.limits, strictness: claim.strictness, maxBodyBytes: claim.limits.bodyBytes, record, since: Date.now(), access: access.access, noteLimit: () => {}, lookAgain: () => {},
  }
  const routes = routesOf(server, { access, notifications: notificationsPart(server, claim) })
  expect(described()).toEqual(Object.entries(routes).flatMap(([path, endpoint]) => METHODS.filter((method) => endpoint[method]).map((method) => `${method} /${path}`)).toSorted())
  const open = OPERATIONS.filter(({ who }) => who === 'anybody').map(({ path }) => path)
  expect(new Set(open)).toEqual(new Set(Object.entries(routes).filter(([, endpoint]) => endpoint.open).map(([path]) => path)))
})

test('each path answers exactly the methods that are described', async () => {
  const paths = [...new Set(OPERATIONS.map(({ path }) => path))]
  const served = await Promise.all(paths.map(async (path) => {
    const answer = await fetch(`${server.address}/${path.replaceAll(/\{\w+\}/g, 'x')}`, { method: 'OPTIONS' })
    return (answer.headers.get('allow') ?? '').split(', ').filter((method) => method !== 'OPTIONS').map((method) => `${method} /${path}`)
  }))
  expect(served.flat().toSorted()).toEqual(described())
})
