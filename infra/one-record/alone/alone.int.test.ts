import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { end, freePort, type MinioServer } from '../../testing/servers.ts'
import { BUCKET, startStore } from '../testing/serve.ts'

let folder: string
const children: ChildProcess[] = []
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'orp-alone-'))))
afterEach(() => Promise.all(children.splice(0).map((child) => end(child))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const spawnAlone = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } })
  children.push(child)
  return child
}
/** Resolves to what it says at its start, once it serves. */
const start = async (args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<{ readonly child: ChildProcess; readonly base: string; readonly said: string }> => {
  const port = await freePort()
  const child = spawnAlone([...args, '--port', String(port)], environment)
  const lines: string[] = []
  createInterface(child.stdout as NodeJS.ReadableStream).on('line', (line) => lines.push(line))
  let failure = ''
  child.stderr?.on('data', (chunk: Buffer) => (failure += chunk.toString()))
  const base = `http://127.0.0.1:${port}`
  await vi.waitUntil(() => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${failure}`)
    return fetch(`${base}/`).then(({ status }) => status < 500, () => false)
  }, { timeout: 30_000 })
  return { child, base, said: lines.join('\n') }
}
const run = async (args: readonly string[]): Promise<{ readonly code: number; readonly errors: string; readonly output: string }> => {
  const child = spawnAlone(args)
  let [errors, output] = ['', '']
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, errors, output }
}

const PIECE = JSON.stringify({ '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'alone' })
const make = async (base: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  await fetch(`${base}/logistics-objects`, { method: 'POST', headers: { 'content-type': 'application/ld+json', ...headers }, body: PIECE })
const tokenOf = async (base: string, secret: string): Promise<string> => {
  const answer = await fetch(`${base}/oauth2/token`, { method: 'POST', headers: { authorization: `Basic ${btoa(`holder:${secret}`)}`, 'content-type': 'application/x-www-form-urlencoded' }, body: 'grant_type=client_credentials' })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { access_token: string }).access_token
}

describe('in a folder', () => {
  test('asks for tokens, gives them to the client it named at its first start, and has its record after a kill', async () => {
    const store = join(folder, 'record')
    const first = await start(['--store', store])
    const [, secret = ''] = /: ([\w-]{43})$/m.exec(first.said) ?? []
    expect(statSync(join(store, 'secrets.json')).mode & 0o777).toBe(0o600)
    expect((await make(first.base)).status).toBe(401)
    const made = await make(first.base, { authorization: `Bearer ${await tokenOf(first.base, secret)}` })
    expect(made.status).toBe(201)
    const path = new URL(made.headers.get('location') ?? '').pathname
    await end(first.child, 'SIGKILL')

    const second = await start(['--store', store])
    expect(second.said).not.toContain(secret)
    const read = await fetch(second.base + path, { headers: { authorization: `Bearer ${await tokenOf(second.base, secret)}` } })
    expect(await read.json()).toMatchObject({ 'cargo:goodsDescription': 'alone' })
  })
  test('open: nobody is asked', async () => {
    const { base, child, said } = await start(['--store', join(folder, 'open'), '--open'])
    expect(said).toContain('everybody is the holder')
    expect((await make(base)).status).toBe(201)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
  test('of two servers of one record the earlier gives up at its next write', async () => {
    const store = join(folder, 'shared')
    const first = await start(['--store', store, '--open'])
    const second = await start(['--store', store, '--open'])
    const gone = once(first.child, 'exit')
    expect((await make(first.base)).status).toBe(503)
    expect(await gone).toEqual([1, null])
    expect((await make(second.base)).status).toBe(201)
  })
})

describe('in a bucket', () => {
  let minio: MinioServer
  beforeAll(async () => void (minio = await startStore()))
  afterAll(() => minio.stop())
  test('keeps its record below the prefix', async () => {
    const environment = { AWS_ENDPOINT_URL: minio.url, AWS_ACCESS_KEY_ID: minio.user, AWS_SECRET_ACCESS_KEY: minio.password }
    const { base } = await start(['--store', `s3://${BUCKET}/some/where`, '--secrets', join(folder, 'bucket.json'), '--open'], environment)
    expect((await make(base)).status).toBe(201)
  })
})

test('says what it can do', async () => expect(await run(['--help'])).toMatchObject({ code: 0, output: expect.stringContaining('--store') }))
test('an option that cannot be is exit code 2 with its name', async () => expect(await run(['--store', 'x', '--port', 'y'])).toMatchObject({ code: 2, errors: expect.stringContaining('--port') }))
test('a store that cannot be had is exit code 1', async () => {
  const { code, errors } = await run(['--store', join(import.meta.filename, 'no-folder'), '--open'])
  expect(code).toBe(1)
  expect(errors).not.toBe('')
})
