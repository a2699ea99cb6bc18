import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { Report } from './report.ts'

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

const fuzz = async (...args: readonly string[]): Promise<Ended> => {
  const ended = promisify(execFile)(process.execPath, ['infra/bad-input/main.ts', ...args], { maxBuffer: 64 * 1024 * 1024 })
  return ended.then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }), (error: { code: number; stdout: string; stderr: string }) => error)
}

/** A seed of its own for each run: what one run does not meet, another does; it is printed, and makes the run again. */
const SEED = String(Date.now() % 1_000_000)

it(`answers whatever it is asked as the document says, and keeps nothing of what it refused (seed ${SEED})`, async () => {
  const { code, stdout, stderr } = await fuzz('--seed', SEED, '--requests', '3000', '--json')
  const report = JSON.parse(stdout.trim() || 'null') as Report | null
  expect(report?.findings, `${report?.again ?? ''}\n${stderr}`).toEqual([])
  expect(report?.requests).toBeGreaterThanOrEqual(3_000)
  const statuses = new Set(Object.values(report?.counts ?? {}).flatMap((of) => Object.keys(of)))
  for (const status of ['200', '201', '202', '400', '401', '404', '405', '409', '410', '412', '415', '422']) expect(statuses).toContain(status)
  expect(code).toBe(0)
}, 300_000)

it('says how it is used, and refuses what it does not know', async () => {
  const help = await fuzz('--help')
  expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('npm run test:fuzz')])
  const refused = await fuzz('--requests', 'many')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--requests is a whole number')])
})
