import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { serve, startStore, type Served } from '../testing/serve.ts'
import { openApiOf } from './document.ts'
import { OPERATIONS } from './operations.ts'

let minio: MinioServer
let server: Served
beforeAll(async () => {
  minio = await startStore()
  server = await serve(minio)
})
afterAll(async () => {
  await server.stop()
  await minio.stop()
})

test('the document is OpenAPI, and served to anybody', async () => {
  const answer = await fetch(`${server.address}/openapi.json`)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
  const document = await answer.json() as Record<string, unknown>
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiOf(server.base))))
  expect(await new Validator().validate(document)).toMatchObject({ valid: true })
})

test('each path answers exactly the methods that are described', async () => {
  const described = Map.groupBy(OPERATIONS, ({ path }) => path)
  const served = await Promise.all([...described.keys()].map(async (path) => {
    const answer = await fetch(`${server.address}/${path.replaceAll(/\{\w+\}/g, 'x')}`, { method: 'OPTIONS' })
    return [path, answer.headers.get('allow')?.split(', ').filter((method) => method !== 'OPTIONS').toSorted()]
  }))
  expect(Object.fromEntries(served)).toEqual(Object.fromEntries([...described].map(([path, operations]) => [path, operations.map(({ method }) => method).toSorted()])))
})
