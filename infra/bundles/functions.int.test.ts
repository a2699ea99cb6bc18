import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stop } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveFiles } from '../function-server/testing/server.ts'
import { logger } from '../log.ts'
import { gatherMetrics } from '../metrics/gather.ts'
import { connectNats } from '../nats/connect.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { functionFiles, functionNames } from './functions.ts'

let nats: NatsServer
let files: ReadonlyMap<string, string>
let secrets: string
beforeAll(async () => {
  nats = await startNats({ syncAlways: false })
  secrets = join(nats.folder, 'secrets')
  mkdirSync(secrets)
  for (const name of ['operator-token', 'signing-key']) writeFileSync(join(secrets, name), 'test-secret\n')
  files = await functionFiles(functionNames())
})
afterAll(async () => {
  await stop()
  await nats.stop()
})

/** A function as its container runs it, but for the container. */
const serve = (name: string) =>
  serveFiles(new Map([...files].filter(([path]) => path.startsWith(`${name}/`)).map(([path, text]) => [path.slice(name.length + 1), text])), {
    env: { OPENFAAS_NAME: name, PART_NAME: `${name}-1`, SECRETS_DIR: secrets, NATS_URL: nats.url, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', LOG_LEVEL: 'warn' },
  })
const asOperator = { headers: { authorization: 'Bearer test-secret' } }

test('each of ours has a bundle that needs no other file', () => {
  expect(functionNames()).toContain('cold-start')
  for (const name of functionNames()) {
    const imports = [...(files.get(`${name}/handler.js`) ?? '').matchAll(/^import .*?["']([^"']+)["'];?$/gm)].map(([, from = '']) => from)
    expect(imports).not.toEqual([])
    expect(imports.filter((from) => !/^(node:)?[a-z_]+(\/[a-z]+)?$/.test(from) || from === 'node:http')).toEqual([])
  }
})

test('one of people connects at its first call, tells its metrics, and gives its connections back', async () => {
  const { url, kill, exited } = await serve('deployments')
  expect((await fetch(`${url}/none`)).status).toBe(401)
  const missing = await fetch(`${url}/none`, asOperator)
  expect([missing.status, await missing.json()]).toMatchObject([404, { code: 'DEPLOYMENT_NOT_FOUND' }])
  const nc = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: secrets }, 'test')
  const told = await gatherMetrics(nc, logger('test', 'silent'))
  await nc.close()
  expect(told.map(({ part, id, metrics }) => [part, id, metrics.some(({ name }) => name === 'process_cpu_seconds_total')])).toEqual([['functions', 'deployments-1', true]])
  kill('SIGTERM')
  expect(await exited).toBe(0)
})

test('one of events takes signed deliveries only', async () => {
  const { url } = await serve('idle')
  const refused = await fetch(url, { method: 'POST', body: '{}' })
  expect([refused.status, await refused.json()]).toMatchObject([401, { code: 'UNSIGNED_DELIVERY' }])
})

test('the documents are in the bundle of docs', async () => {
  const { url } = await serve('docs')
  expect(await (await fetch(`${url}/api/openapi.json`)).json()).toMatchObject({ openapi: '3.1.1' })
  expect((await fetch(`${url}/problems/function-busy`, { headers: { accept: 'text/html' } })).headers.get('content-type')).toBe('text/html; charset=utf-8')
})
