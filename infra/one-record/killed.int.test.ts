import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../testing/servers.ts'
import { killRun } from './testing/kill-run.ts'
import { startStore } from './testing/store.ts'

let minio: MinioServer
beforeAll(async () => { minio = await startStore() })
afterAll(() => minio.stop())

// the long run is `npm run test:kill:one-record`
test('a process killed at any moment loses nothing that it answered with 201, and leaves no gap and no double', async () => {
  const report = await killRun(minio, { seed: Date.now() % 1_000_000, writes: 600, kills: 6, concurrency: 16 })
  process.stdout.write(`${report.kills} kills during ${report.answered} writes, ${report.revisions} revisions of ${report.objects} objects\n`)
  expect(report).toMatchObject({ kills: 6, wrong: [] })
  expect(report.answered).toBeGreaterThanOrEqual(600)
}, 180_000)
