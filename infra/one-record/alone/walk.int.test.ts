import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../testing/servers.ts'
import { endAll, secretOf, startAlone } from './testing/start.ts'
import { walkOf } from './testing/walk.ts'

const GUIDE = readFileSync(join(import.meta.dirname, '../../../docs/one-record.md'), 'utf8')
const run = promisify(execFile)

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'orp-walk-'))))
afterAll(async () => {
  await endAll()
  rmSync(folder, { recursive: true, force: true })
})

test('the commands of docs/one-record.md, as they are written', { timeout: 300_000 }, async () => {
  // ports that are free here, folders that are new
  const [a, b] = [await freePort(), await freePort()]
  const { servers, script } = walkOf(GUIDE.replaceAll('8101', String(a)).replaceAll('8102', String(b)).replaceAll('/tmp/', `${folder}/`))
  const [airline, handler] = await Promise.all(servers.map((args) => startAlone(args)))
  if (!airline || !handler || servers.length !== 2) throw new Error('the walk is of two servers')
  const env = { ...process.env, A_SECRET: secretOf(airline), B_SECRET: secretOf(handler) }
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env, maxBuffer: 8 * 1024 * 1024 })
  expect(stdout).toContain('"api:ServerInformation"')
  expect(stdout.match(/"cargo:goodsDescription": ?"newspapers"/g)?.length).toBeGreaterThanOrEqual(2)
  expect(stdout).toMatch(/"api:AuditTrail".*"api:hasTotalItems".*"Resource not found".*REQUEST_PENDING.*REQUEST_ACCEPTED.*LOGISTICS_OBJECT_UPDATED/s)
  expect(stdout).toMatch(/two.*packing-list\.txt.*"revised".*"isGoneFromStore":true/s)
})

test('a document without a walk is refused', () => expect(() => walkOf('nothing')).toThrow('servers'))
