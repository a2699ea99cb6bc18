import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { freePort } from '../testing/servers.ts'
import { assemble } from './testing/assemble.ts'
import { builderOf } from './testing/builder.ts'

const { docker, build } = builderOf(inject('testbed'))
const WAIT = { timeout: 60_000, interval: 50 }
const IMAGE = 'template-test/function'

let folder: string
const started: string[] = []
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'orp-template-'))))
afterEach(async () => {
  for (const id of started.splice(0)) await docker('rm', '--force', id)
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  const left = (await docker('images', '--quiet', `${IMAGE}-*`)).split('\n').filter(Boolean)
  if (left.length > 0) await docker('rmi', '--force', ...new Set(left))
})

const image = async (name: string, files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string> => {
  const context = join(folder, name)
  assemble(context, new Map(Object.entries(files)))
  await build(context, `${IMAGE}-${name}`, ...args)
  return `${IMAGE}-${name}`
}
/** As a gateway runs it: nothing to write on, no privileges, little memory. */
const start = async (name: string, ...args: readonly string[]) => {
  const port = await freePort()
  const id = (await docker('run', '--detach', '--network', 'host', '--read-only', '--cap-drop', 'ALL', '--memory', '64m', '--env', `port=${port}`, '--env', 'bind_address=127.0.0.1', ...args, name)).trim()
  started.push(id)
  const state = async () => JSON.parse(await docker('inspect', '--format', '{{json .State}}', id)) as { readonly Status: string; readonly ExitCode: number; readonly Health: { readonly Status: string; readonly Log: readonly { readonly ExitCode: number }[] } }
  return { id, url: `http://127.0.0.1:${port}`, state, healthy: () => vi.waitFor(async () => expect((await state()).Health.Status).toBe('healthy'), WAIT) }
}
const greet = async (url: string) => (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"Ada"}' })).json()

describe('the sample', () => {
  test('is built with its tests and types checked, and serves: read-only, without a user\'s name or a privilege', async () => {
    const { id, url, healthy } = await start(await image('sample', {}, '--build-arg', 'TYPECHECK=true', '--build-arg', 'VERSION=7'))
    await healthy()
    expect(await greet(url)).toEqual({ greeting: 'Hello, Ada.' })
    expect((await docker('exec', id, 'id', '-u')).trim()).toBe('10001')
    await expect(docker('exec', '--user', '0', id, 'touch', '/home/app/index.mjs')).rejects.toThrow(/Read-only file system/)
    expect(await docker('inspect', '--format', '{{index .Config.Labels "org.opencontainers.image.version"}}', id)).toBe('7\n')
    expect((await docker('exec', id, 'ls', '/home/app')).trim().split('\n')).toEqual(['index.mjs', 'index.mjs.map'])
  })

  test('answers who calls while it is told to end, and ends with 0', async () => {
    const name = await image('slow', { 'handler.ts': 'export default async ({ path }: { path: string }) => path === "/slow" ? new Promise((answer) => setTimeout(() => answer("slow"), 1500)) : "quick"\n' })
    const { id, url, state, healthy } = await start(name)
    await healthy()
    const slow = fetch(`${url}/slow`)
    await vi.waitFor(async () => expect(await (await fetch(`${url}/_/metrics`)).text()).toContain('http_requests_in_flight 1'), WAIT)
    const stopped = docker('stop', '--time', '60', id)
    await vi.waitFor(async () => expect((await fetch(`${url}/_/ready`)).status).toBe(503), WAIT)
    expect(await (await fetch(url)).text()).toBe('quick')
    expect([(await slow).status, await (await slow).text()]).toEqual([200, 'slow'])
    await stopped
    expect(await state()).toMatchObject({ Status: 'exited', ExitCode: 0 })
  })

  test('is unhealthy when it turns in circles, so that another one comes', async () => {
    const { url, state, healthy } = await start(await image('circles', { 'handler.ts': 'export default () => { for (;;); }\n' }))
    await healthy()
    fetch(url).catch(() => {}) // it ends with the container
    await vi.waitFor(async () => expect((await state()).Health.Status).toBe('unhealthy'), { timeout: 180_000, interval: 500 }) // three checks of 15 s
  })
})

describe('a build', () => {
  test('takes JavaScript, CommonJS, packages with a lock or without, and packages that stay beside the bundle', async () => {
    const files = {
      'handler.js': 'const ms = require("ms"); const { isEven } = require("./lib/even"); module.exports = async (event, context) => context.status(200).succeed({ ms: ms("2 days"), even: isEven(4), ver: require("semver").inc("1.0.0", "patch"), file: require("fs").readFileSync(__dirname + "/data/text.txt", "utf8") })\n',
      'lib/even.js': 'exports.isEven = (n) => n % 2 === 0\n',
      'data/text.txt': 'beside',
      'package.json': JSON.stringify({ name: 'classic', private: true, files: ['data/*.txt'], dependencies: { ms: '2.1.3', semver: '7.7.2' }, bundle: { external: ['semver'] } }),
    }
    const { url, healthy } = await start(await image('classic', files))
    await healthy()
    expect(await (await fetch(url)).json()).toEqual({ ms: 172_800_000, even: true, ver: '1.0.1', file: 'beside' })
  })

  test('ends where a test fails, unless tests are left out', async () => {
    const files = { 'handler.ts': 'export default () => "mine"\n', 'mine.test.ts': 'import { test } from "node:test"\ntest("fails", () => { throw new Error("no cargo") })\n' }
    await expect(image('failing', files)).rejects.toThrow(/npm run test/)
    const { url, healthy } = await start(await image('untested', files, '--build-arg', 'TEST_ENABLED=false'))
    await healthy()
    expect(await (await fetch(url)).text()).toBe('mine')
  })

  test('ends where types are wrong, if they are to be checked', async () => {
    await expect(image('untyped', { 'handler.ts': 'export default (): number => "text"\n' }, '--build-arg', 'TYPECHECK=true')).rejects.toThrow(/tsc/)
  })
})
