import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { Report } from './report.ts'

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

const chaos = async (...args: readonly string[]): Promise<Ended> => {
  const ended = promisify(execFile)(process.execPath, ['infra/chaos/main.ts', ...args], { maxBuffer: 16 * 1024 * 1024 })
  return ended.then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }), (error: { code: number; stdout: string; stderr: string }) => error)
}

/** A seed of its own for each run: what one run does not meet, another does; it is printed, and makes the run again. */
const SEED = String(Date.now() % 1_000_000)

it(`keeps every promise while it is struck (seed ${SEED})`, async () => {
  const { code, stdout, stderr } = await chaos('--seed', SEED, '--minutes', '0.5', '--json')
  const report = JSON.parse(stdout.trim() || 'null') as Report | null
  const broken = report?.verdicts.filter((verdict) => verdict.broken.length > 0)
  expect(broken, `${report?.again ?? ''}\n${report?.dataDir ?? ''}\n${stderr}`).toEqual([])
  expect(report?.verdicts).toHaveLength(10)
  expect(Object.keys(report?.struck ?? {}).length).toBeGreaterThan(2)
  expect(report?.done['create 202']).toBeGreaterThan(0)
  expect(code).toBe(0)
}, 300_000)

it('says how it is used, and refuses what it does not know', async () => {
  const help = await chaos('--help')
  expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('npm run test:chaos')])
  const refused = await chaos('--minutes', 'many')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--minutes is a number')])
})
