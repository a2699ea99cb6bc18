import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { functionNames } from '../bundles/functions.ts'
import { PARTS } from './parts.ts'

const folder = mkdtempSync(join(tmpdir(), 'orp-bundles-')) // where there are no node_modules to be found
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const filled = async (name: string): Promise<string> => {
  const context = join(folder, name)
  mkdirSync(context)
  await PARTS.find((part) => part.name === name)?.fill(context)
  return context
}

/** Runs it with a configuration that is none: it is read when all is loaded. Resolves to what it says of that. */
const runAlone = (context: string): Promise<string> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], NODE_NAME: 'not a name' }
    execFile(process.execPath, ['main.mjs'], { cwd: join(context, 'app'), env, timeout: 60_000 }, (_ended, out, complaint) => resolve(out + complaint))
  })

test.each(['gateway', 'dispatcher', 'projector', 'credentials', 'edge', 'agent', 'slot-keeper', 'init'])('%s needs nothing but node and its own files to read its configuration', async (name) => {
  const context = await filled(name)
  expect(await runAlone(context)).toMatch(/Configuration: NODE_NAME/)
  expect(readFileSync(join(context, 'Dockerfile'), 'utf8')).toContain('COPY app/ /app/')
  if (name === 'gateway') expect(readdirSync(join(context, 'app/functions'))).toEqual(functionNames())
})
