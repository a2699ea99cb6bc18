import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { OPERATIONS } from '../openapi/operations.ts'
import { serve, startStore, type Served } from '../testing/serve.ts'
import { fuzzEndpoints } from './endpoints.ts'
import { textOf } from './report.ts'

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

test('whatever is asked is answered as the standard has it, and what is refused leaves nothing', async () => {
  const part = await fuzzEndpoints(server, OPERATIONS, 1_200, 1)
  process.stdout.write(`${textOf([part])}\n`)
  expect(part.findings).toEqual([])
  expect(part.cases).toBe(1_200)
})
