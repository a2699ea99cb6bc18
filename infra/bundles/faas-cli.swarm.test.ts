import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { LABEL } from '../gateway/swarm/labels.ts'
import { startGatewayContainer, type GatewayContainer } from '../gateway/swarm/testing/gateway-container.ts'
import { openGround, type Ground } from '../gateway/swarm/testing/ground.ts'
import { KEYS } from '../gateway/testing/gateway.ts'
import { faasCli } from '../testing/faas-cli.ts'
import { NOT_RUN } from '../testing/report.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { assemble } from './testing/assemble.ts'
import { builderOf } from './testing/builder.ts'
import { TEMPLATE } from './template.ts'

const bed = inject('testbed')
const filesOf = (folder: string): readonly string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()

// a function's whole way, as somebody types it
describe.skipIf(faasCli === null)(faasCli === null ? NOT_RUN.faasCli : 'a stock faas-cli', () => {
  let home: string
  let nats: NatsServer
  let ground: Ground
  let gateway: GatewayContainer
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'orp-faas-cli-'))
    cpSync(TEMPLATE, join(home, 'template/node24-ts'), { recursive: true })
    nats = await startNats({ syncAlways: false })
    ground = openGround(bed)
    const network = `${ground.scope}-functions`
    await ground.engine.createNetwork({ Name: network, Driver: 'overlay', Attachable: true, Labels: { [LABEL.scope]: ground.scope } })
    gateway = await startGatewayContainer(bed, { nats, scope: ground.scope, network })
  })
  afterAll(async () => {
    await gateway.stop()
    await ground.clear()
    await nats.stop()
    rmSync(home, { recursive: true })
  })
  const cli = (line: string, input = ''): Promise<{ readonly code: number; readonly out: string }> =>
    new Promise((resolve) => {
      const env = { ...builderOf(bed).environment(join(home, 'bin')), HOME: home, OPENFAAS_CONFIG: join(home, '.openfaas'), OPENFAAS_URL: gateway.url }
      const child = execFile(faasCli ?? '', line.split(' '), { cwd: home, env, timeout: 280_000, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => resolve({ code: error ? 1 : 0, out: stdout + stderr }))
      child.stdin?.end(input)
    })
  const done = async (line: string, input = ''): Promise<string> => {
    const { code, out } = await cli(line, input)
    expect([code, out.slice(-2_000)]).toEqual([0, expect.anything()])
    return out
  }

  const says = async (greeting: string): Promise<void> =>
    await expect.poll(async () => (await cli('invoke hello --content-type application/json', '{"name":"Ada"}')).out, { timeout: 120_000, interval: 500 }).toBe(greeting)

  test('new makes a function; what build lays out is what the other tests build', async () => {
    await done('login -u admin --password-stdin', KEYS.password)
    expect(await done(`new hello --lang node24-ts --prefix ${bed.registry.address}/template-cli`)).toContain('npm test')
    expect(filesOf(join(home, 'hello'))).toEqual(['handler.test.ts', 'handler.ts', 'openfaas.ts', 'package.json', 'testing.ts', 'tsconfig.json'])
    await done('build --shrinkwrap')
    assemble(join(home, 'ours'), new Map())
    expect(filesOf(join(home, 'build/hello'))).toEqual(filesOf(join(home, 'ours')))
  })

  test('build, push, deploy, invoke; changed and up again', async () => {
    expect(await done('build')).toMatch(/Image: .*template-cli\/hello:latest built/)
    expect(await done('push')).toMatch(/Pushing hello .*done/i)
    expect(await done('deploy --annotation public=true --label com.openfaas.scale.min=2')).toContain('Deployed. 202')
    await says('{"greeting":"Hello, Ada."}')
    expect((await cli('ready hello')).out).toContain('is ready')

    const handler = join(home, 'hello/handler.ts')
    for (const file of [handler, join(home, 'hello/handler.test.ts')]) writeFileSync(file, readFileSync(file, 'utf8').replaceAll('Hello,', 'Welcome,'))
    expect(await done('up --annotation public=true')).toContain('Deployed. 202')
    await says('{"greeting":"Welcome, Ada."}')
    await done('remove hello')
  })
})
