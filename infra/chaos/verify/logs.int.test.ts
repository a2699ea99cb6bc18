import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectRoot, text, type Root } from '../../credentials/root.ts'
import { commitKey } from '../../one-record/commit-key.ts'
import { encodeCommit } from '../../one-record/store/commit.ts'
import { startMinio, type MinioServer } from '../../testing/servers.ts'
import { brokenLogs } from './logs.ts'

let minio: MinioServer
let root: Root

beforeAll(async () => {
  minio = await startMinio()
  root = connectRoot({ endpoint: minio.url, region: 'us-east-1', bucket: 'records', user: minio.user, password: minio.password })
  await text(await root.send('PUT', '/records'), 'make the bucket')
  await text(await root.send('PUT', '/records?versioning', { body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>' }), 'keep versions')
})
afterAll(() => minio.stop())

let written = 0
const write = async (id: string, n: number, kind: 'fence' | 'write' | 'tombstone', epoch: number): Promise<void> => {
  const body = encodeCommit({ kind, epoch, commitId: `c${(written += 1)}`, at: '2026-01-01T00:00:00.000Z' }).toString('utf8')
  await text(await root.send('PUT', `/records/${commitKey(`${id}/`, n)}`, { body }), 'write a commit')
}

it('finds nothing wrong with a log that one owner after the other wrote', async () => {
  for (const [index, [kind, epoch]] of ([['fence', 1], ['write', 1], ['fence', 4], ['write', 4], ['tombstone', 4]] as const).entries()) await write('good', index + 1, kind, epoch)
  expect(await brokenLogs(root, ['good', 'never-used'])).toEqual({ commits: 5, broken: [] })
})

it('finds a writer that was deposed, a place that is empty, and one that was written twice', async () => {
  for (const [n, kind, epoch] of [[1, 'fence', 1], [2, 'fence', 4], [3, 'write', 1]] as const) await write('deposed', n, kind, epoch)
  for (const [n, kind, epoch] of [[1, 'fence', 1], [3, 'write', 1]] as const) await write('holey', n, kind, epoch)
  for (const [n, kind, epoch] of [[1, 'fence', 1], [2, 'write', 1], [2, 'write', 1]] as const) await write('twice', n, kind, epoch)
  expect((await brokenLogs(root, ['deposed', 'holey', 'twice'])).broken).toEqual([
    'deposed: commit 3 of epoch 1 follows one of epoch 4',
    'deposed: commit 3 was written under epoch 1, the newest fence is of 4',
    'holey: place 2 of the log is held by commit 3',
    'twice: place 3 of the log is held by commit 2',
  ])
})
