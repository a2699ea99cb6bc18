import { afterAll, beforeAll, expect, test } from 'vitest'
import { OPERATIONS } from '../openapi/operations.ts'
import { type Served } from '../testing/serve.ts'
import { startServed, type ServedOnStore } from '../testing/served.ts'
import { fuzzEndpoints } from './endpoints.ts'
import { textOf } from './report.ts'

let on: ServedOnStore
let server: Served
beforeAll(async () => {
  on = await startServed()
  ;({ server } = on)
})
afterAll(() => on.stop())

test('whatever is asked is answered as the standard has it, and what is refused leaves nothing', async () => {
  const part = await fuzzEndpoints(server, OPERATIONS, 1_200, 1)
  process.stdout.write(`${textOf([part])}\n`)
  expect(part.findings).toEqual([])
  expect(part.cases).toBe(1_200)
})
