import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faasCli, runFaasCli } from '../testing/faas-cli.ts'
import { NOT_RUN } from '../testing/report.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { startCallbacks } from './testing/callbacks.ts'
import { KEYS, specOf, startGateway, type TestGateway } from './testing/gateway.ts'
import { echo } from './testing/handlers.ts'

// Each verb of a stock faas-cli, in the order somebody would type them; what it sends is also replayed where there is none: system.int.test.ts.
describe.skipIf(faasCli === null)(faasCli === null ? NOT_RUN.faasCli : 'a stock faas-cli', () => {
  let home: string
  let nats: NatsServer
  let gateway: TestGateway
  let callbacks: Awaited<ReturnType<typeof startCallbacks>>
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'orp-faas-cli-'))
    nats = await startNats({ syncAlways: false })
    callbacks = await startCallbacks()
    gateway = await startGateway({ nats, handlers: { echo }, stack: [specOf('steady', { image: 'test/echo:1', annotations: { public: 'true' } })] })
    writeFileSync(join(home, 'functions.yml'), `version: 1.0
provider: { name: openfaas, gateway: "${gateway.url}" }
functions:
  of-file:
    lang: dockerfile
    skip_build: true
    handler: ./of-file
    image: test/echo:2
    annotations: { public: "true" }
    secrets: [key]
`)
  })
  afterAll(async () => {
    await gateway.stop()
    await callbacks.stop()
    await nats.stop()
    rmSync(home, { recursive: true, force: true })
  })
  const cli = (line: string, input = '') => runFaasCli(home, gateway.url, line.split(' '), input)
  const deploy = 'deploy --image test/echo:1 --name of-flags --annotation public=true --label team=cargo --env A=1'

  test('ready and version need no login; what else is asked says so, and login refuses a wrong password', async () => {
    expect(await cli('ready')).toMatchObject({ code: 0, out: expect.stringContaining('gateway is ready') })
    expect(await cli('list')).toMatchObject({ code: 1, out: expect.stringMatching(/unauthorized/i) })
    expect((await cli('login -u admin --password-stdin', 'wrong')).code).toBe(1)
  })

  test('login, version, list, describe', async () => {
    expect(await cli('login -u admin --password-stdin', KEYS.password)).toMatchObject({ code: 0, out: expect.stringContaining('credentials saved') })
    expect(await cli('version --warn-update=false')).toMatchObject({ code: 0, out: expect.stringMatching(/one-record-playground[\s\S]*in-process/) })
    expect(await cli('list')).toMatchObject({ code: 0, out: expect.stringContaining('steady') })
    expect(await cli('list --verbose')).toMatchObject({ code: 0, out: expect.stringContaining('test/echo:1') })
    expect(await cli('describe steady')).toMatchObject({ code: 0, out: expect.stringMatching(/Status:\s+Ready[\s\S]*Available Replicas:\s+1[\s\S]*RAM:/) })
    expect(await cli('describe none')).toMatchObject({ code: 1, out: expect.stringContaining('o such function: none') })
  })

  test('deploy by flags, again, and replaced; an image that is not held is refused with a sentence', async () => {
    expect(await cli(deploy)).toMatchObject({ code: 0, out: expect.stringContaining('Deployed. 202') })
    expect((await cli(deploy)).code).toBe(0)
    expect((await cli(`${deploy} --replace --update=false`)).code).toBe(0)
    expect(await cli('ready of-flags')).toMatchObject({ code: 0, out: expect.stringContaining('of-flags is ready') })
    expect(await cli('deploy --image nginx --name nginx')).toMatchObject({ code: 1, out: expect.stringMatching(/message: This host runs functions in its own process .* it can run: test\/echo\./) })
  })

  test('secret create, list, update, and deploy of a file that names it', async () => {
    expect(await cli('deploy -f functions.yml')).toMatchObject({ code: 1, out: expect.stringContaining('there is no secret key') })
    expect(await cli('secret create key --from-literal=value')).toMatchObject({ code: 0, out: expect.stringContaining('Created: 202') })
    expect((await cli('secret create key --from-literal=value')).out).toContain('already exists')
    expect(await cli('secret update key', 'from stdin')).toMatchObject({ code: 0, out: expect.stringContaining('Updated: 202') })
    expect(await cli('secret list')).toMatchObject({ code: 0, out: expect.stringMatching(/NAME\s+key/) })
    expect((await cli('deploy -f functions.yml')).code).toBe(0)
    expect(await cli('secret remove key')).toMatchObject({ code: 1, out: expect.stringContaining('function of-file needs it') })
  })

  test('invoke, and invoke --async with a callback', async () => {
    expect(await cli('invoke of-flags', 'cargo')).toMatchObject({ code: 0, out: 'cargo' })
    expect(await cli(`invoke of-flags --async -H X-Callback-Url:${callbacks.url}`, 'later')).toMatchObject({ code: 0, out: expect.stringContaining('submitted asynchronously') })
    await expect.poll(() => callbacks.told.map(({ body }) => body), { timeout: 30_000 }).toEqual(['later'])
    expect(await cli('invoke none', 'x')).toMatchObject({ code: 1, out: expect.stringContaining('There is no function none') })
  })

  test('scale to none and describe; a call wakes it', async () => {
    expect((await gateway.system('POST', '/system/scale-function/of-flags', { serviceName: 'of-flags', replicas: 0 })).status).toBe(202)
    expect(await cli('describe of-flags')).toMatchObject({ code: 0, out: expect.stringMatching(/Status:\s+Not Ready/) })
    expect(await cli('invoke of-flags', 'awake')).toMatchObject({ code: 0, out: 'awake' })
    expect((await cli('ready of-flags')).code).toBe(0)
  })

  test('logs', async () => {
    const { code, out } = await cli('logs of-flags --tail=false --instance --name')
    expect([code, out]).toEqual([0, expect.stringMatching(/of-flags .*gateway-1.*POST \/ - 200/)])
    expect((await cli('logs of-flags --tail=false --lines=1')).out.trim().split('\n')).toHaveLength(1)
    expect((await cli('logs none --tail=false')).code).toBe(1)
  })

  test('namespaces: create, get, update, list, use, remove', async () => {
    expect((await cli('namespace create staging --label a=1 --annotation b=2')).code).toBe(0)
    expect(await cli('namespaces')).toMatchObject({ code: 0, out: expect.stringMatching(/openfaas-fn[\s\S]*staging/) })
    expect(await cli('namespace list')).toMatchObject({ code: 0, out: expect.stringContaining('staging') })
    expect(await cli('namespace get staging')).toMatchObject({ code: 0, out: expect.stringContaining('staging') })
    expect((await cli('namespace update staging --label a=2')).code).toBe(0)
    expect((await cli(`${deploy} -n staging`)).code).toBe(0)
    expect(await cli('invoke of-flags -n staging', 'there')).toMatchObject({ code: 0, out: 'there' })
    expect(await cli('list -n staging')).toMatchObject({ code: 0, out: expect.stringContaining('of-flags') })
    expect(await cli('namespace remove staging', 'y\n')).toMatchObject({ code: 1, out: expect.stringContaining('function of-flags is in it') })
    expect((await cli('remove of-flags -n staging')).code).toBe(0)
    expect((await cli('namespace remove staging', 'y\n')).code).toBe(0)
    expect((await cli('namespaces')).out).not.toContain('staging')
  })

  test('remove by name and by file, then the secret', async () => {
    expect((await cli('remove of-flags')).code).toBe(0)
    expect((await cli('remove -f functions.yml')).code).toBe(0)
    expect((await cli('secret remove key')).code).toBe(0)
    expect((await cli('list -q')).out.trim()).toBe('steady')
  })
})
