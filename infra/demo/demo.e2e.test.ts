import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPlayground, type Playground } from '../local/playground.ts'
import type { Step } from './steps.ts'
import { tourOf } from './tour.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const EXAMPLES = join(ROOT, 'infra/one-record/testing/examples')

let folder: string
let playground: Playground

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-demo-'))
  chmodSync(folder, 0o711) // PostgreSQL runs as another user when this is root
  // the tour names the port: take it when it is free, so that it is run to the letter
  const own = (await isFree(8080)) ? { HTTP_PORT: '8080' } : {}
  playground = await startPlayground({ dataDir: join(folder, '.data'), ports: 'free', env: own })
})
afterAll(async () => {
  await playground?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const script = (name: string, args: readonly string[]) =>
  run(process.execPath, [join(ROOT, 'infra/demo', name), ...args], { cwd: folder, maxBuffer: 8 * 1024 * 1024 })

describe('npm run demo', () => {
  test.each(['Piece.json', 'Shipment_with_Piece.json', 'Sensor.expanded.json'])('the life of one deployment with %s', async (file) => {
    const { stdout } = await script('demo.ts', ['--body', join(EXAMPLES, file), '--json'])
    const steps = stdout.trim().split('\n').map((line) => JSON.parse(line) as Step)
    expect(steps.flatMap(({ event }) => event ?? [])).toEqual([
      'InstanceStarted', 'InstancePaused', 'InstanceResumed', 'InstancePaused', 'InstanceHibernated', 'InstanceStarted', 'DeploymentDeleted',
    ])
    expect(steps.at(-1)).toMatchObject({ step: 'visit after the end', detail: '410' })
  })

  test('a body that no server would take ends it with a message and code 1', async () => {
    await expect(script('demo.ts', ['--body', join(ROOT, 'package.json')])).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('400 Invalid body request') })
  })

  test('without a body it says how it is used', async () => {
    await expect(script('demo.ts', [])).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--body FILE') })
  })
})

test('the tour of the README, as it is written', async () => {
  const tour = tourOf(readFileSync(join(ROOT, 'README.md'), 'utf8')).replaceAll('localhost:8080', `localhost:${playground.httpPort}`)
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', tour], { cwd: folder })
  expect(stdout).toContain('"url":"http://demo.play.localhost')
  expect(stdout.match(/"cargo:goodsDescription": ?"books"/g)).toHaveLength(2)
  expect(stdout).toMatch(/"type":"InstanceHibernated".*"type":"InstancePaused"/s)
  expect(stdout).toContain('"wanted":"deleted"')
})

test('200 requests at random moments of falling asleep and waking are answered by the right deployment', async () => {
  // each round that failed is on its standard output, a failure of it all on the other
  const { stdout } = await script('rounds.ts', ['--rounds', '200', '--deployments', '10']).catch((failed: { readonly stdout: string; readonly stderr: string }) => {
    throw new Error(failed.stdout + failed.stderr)
  })
  process.stdout.write(stdout)
  expect(stdout).toContain('200 of 200 answered 200 by the right deployment')
})
