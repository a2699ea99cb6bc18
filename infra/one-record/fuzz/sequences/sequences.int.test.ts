import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../../testing/servers.ts'
import { startStore } from '../../testing/store.ts'
import { textOf } from '../report.ts'
import { fuzzSequences } from './sequences.ts'

let minio: MinioServer
beforeAll(async () => void (minio = await startStore()))
afterAll(() => minio.stop())

// the long run is `npm run test:fuzz:one-record`
test('whatever several agents do one after the other, also while the server is killed, is what a plain model of it says', async () => {
  const part = await fuzzSequences(minio, 1_000, 1)
  process.stdout.write(`${textOf([part])}\n`)
  expect(part.findings).toEqual([])
  expect(part.cases).toBeGreaterThanOrEqual(1_000)
}, 180_000)
