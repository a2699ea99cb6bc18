import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { startStore } from '../testing/store.ts'
import { fuzzAgents } from './agents.ts'
import { textOf } from './report.ts'

let minio: MinioServer
beforeAll(async () => void (minio = await startStore()))
afterAll(() => minio.stop())

test('every endpoint tells every agent of a closed server what it may, and why not', async () => {
  const part = await fuzzAgents(minio, 800, 1)
  process.stdout.write(`${textOf([part])}\n`)
  expect(part.findings).toEqual([])
  expect(part.cases).toBe(800)
}, 120_000)
