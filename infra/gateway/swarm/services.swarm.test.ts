import { afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { startNats, type NatsServer } from '../../testing/servers.ts'
import { until } from '../../testbed/testing/tasks.ts'
import type { TestGateway } from '../testing/gateway.ts'
import { LABEL } from './labels.ts'
import { pushFunction } from './testing/function-image.ts'
import { openGround, type Ground } from './testing/ground.ts'

const bed = inject('testbed')
const WAIT = { timeout: 60_000, interval: 200 }
/** Nothing waits for a replica to end. */
const SOON = { 'com.openfaas.stop.grace': '1s' }

const images = { plain: '', checked: '', bare: '' }
beforeAll(async () => {
  for (const kind of ['plain', 'checked', 'bare'] as const) images[kind] = await pushFunction(bed, 'services-test', kind)
})

let nats: NatsServer
let ground: Ground
let gateway: TestGateway
beforeEach(async () => {
  nats = await startNats({ syncAlways: false })
  ground = openGround(bed)
  gateway = await ground.gateway({ nats })
})
afterEach(async () => {
  await gateway.stop()
  await ground.clear()
  await nats.stop()
})

const deploy = (more: object = {}, on = gateway, method = 'POST') => on.system(method, '/system/functions', { service: 'echo', image: images.checked, annotations: SOON, ...more })
const update = (more: object = {}, on = gateway) => deploy(more, on, 'PUT')
const described = async (on = gateway) => (await on.system('GET', '/system/function/echo?usage=1')).json() as { readonly image: string; readonly replicas: number; readonly annotations: Record<string, string> }
const runs = (count = 1) => vi.waitFor(async () => expect(await ground.running('echo')).toHaveLength(count), WAIT)
const ids = async () => (await ground.running('echo')).map(({ ID }) => ID).toSorted()
const service = async () => (await ground.engine.getService(ground.service('echo')).inspect()) as { readonly ID: string; readonly Version: { readonly Index: number }; readonly Spec: Record<string, unknown>; readonly UpdateStatus?: { readonly State: string } }
const version = async () => ((JSON.parse(await ground.execute('echo', ['node', '-e', 'fetch("http://127.0.0.1:8080/").then((a) => a.text()).then(console.log)'])) as { version: string }).version)

describe('a function', () => {
  test('is a service as it was described, its image pinned; deployed again as it is nothing ends', async () => {
    const spec = {
      envVars: { VERSION: '7' }, envProcess: 'node x', labels: { 'com.openfaas.scale.min': '2', team: 'cargo' }, limits: { memory: '128Mi', cpu: '500m' }, requests: { memory: '16Mi', cpu: '10m' },
      constraints: ['node.platform.os == linux'], readOnlyRootFilesystem: true, annotations: { ...SOON, public: 'true' },
    }
    expect((await deploy(spec)).status).toBe(202)
    await runs(2)
    const before = await ids()
    const { Version } = await service()
    expect((await update(spec)).status).toBe(202)
    expect((await update({ ...spec, labels: { ...spec.labels, team: 'air' } })).status).toBe(202)
    expect((await service()).Version.Index).toBeGreaterThan(Version.Index)
    expect(await ids()).toEqual(before)
    const { Spec } = await service()
    expect(Spec).toMatchObject({
      Labels: { team: 'air', 'com.openfaas.annotations.public': 'true', [LABEL.function]: 'echo.openfaas-fn' },
      TaskTemplate: {
        ContainerSpec: { Image: expect.stringMatching(/services-test:checked@sha256:[0-9a-f]{64}$/), ReadOnly: true },
        Resources: { Limits: { MemoryBytes: 134_217_728, NanoCPUs: 5e8, Pids: 1_024 }, Reservations: { MemoryBytes: 16 * 2 ** 20, NanoCPUs: 1e7 } },
      },
      EndpointSpec: { Mode: 'dnsrr' },
    })
    expect(await ground.execute('echo', ['node', '-e', 'const f = require("fs"); f.writeFileSync("/tmp/x", "y"); try { f.writeFileSync("/y", "z") } catch (e) { console.log(e.code, process.env.fprocess, process.env.VERSION, process.env.OPENFAAS_NAME) }'])).toBe('EROFS node x 7 echo\n')
    expect((await described()).annotations).toEqual({ ...SOON, public: 'true' })
  })

  test('comes back when somebody removes its service; a service that is nobody\'s function goes; others\' are left alone', async () => {
    await deploy()
    await runs()
    const foreign = `${ground.scope}-foreign`
    await ground.engine.createService({ Name: foreign, TaskTemplate: { ContainerSpec: { Image: images.plain } }, Mode: { Replicated: { Replicas: 0 } } })
    await ground.engine.createService({ Name: `${ground.scope}_left_over`, Labels: { [LABEL.scope]: ground.scope, [LABEL.function]: 'left.over' }, TaskTemplate: { ContainerSpec: { Image: images.plain } }, Mode: { Replicated: { Replicas: 0 } } })
    const { ID } = await service()
    await ground.engine.getService(ID).remove()
    await vi.waitFor(async () => expect((await service()).ID).not.toBe(ID), WAIT)
    await until(async () => (await ground.engine.listServices({ filters: { label: [`${LABEL.function}=left.over`] } })).length === 0)
    expect(await ground.engine.listServices({ filters: { name: [foreign] } })).toHaveLength(1)
    await ground.engine.getService(foreign).remove()
  })

  test('that is removed has no service; one that is asleep has no replicas', async () => {
    await deploy()
    await runs()
    expect((await gateway.system('POST', '/system/scale-function/echo', { serviceName: 'echo', replicas: 0, namespace: '' })).status).toBe(202)
    await runs(0)
    expect((await gateway.system('DELETE', '/system/functions', { functionName: 'echo' })).status).toBe(202)
    await expect(service()).rejects.toMatchObject({ statusCode: 404 })
  })
})

describe('an update', () => {
  test.each(['checked', 'plain'] as const)('of a %s image begins the new replica before the old one ends', async (kind) => {
    await deploy({ image: images[kind] })
    await runs()
    const [old] = await ids()
    expect((await update({ image: images[kind], envVars: { VERSION: '2' } })).status).toBe(202)
    let least = 1
    await vi.waitFor(async () => {
      const running = await ground.running('echo')
      least = Math.min(least, running.length)
      expect(running.map(({ ID }) => ID)).not.toContain(old)
    }, { ...WAIT, interval: 50 })
    expect([least, await version()]).toEqual([1, '2'])
  })

  test.each([['plain', expect.objectContaining({ Test: ['CMD-SHELL', expect.stringContaining('/proc/net/tcp')] })], ['checked', undefined], ['bare', undefined]] as const)('waits for what can be asked: of a %s image', async (kind, check) => {
    await deploy({ image: images[kind] })
    await runs()
    expect((await service()).Spec).toEqual(expect.objectContaining({ TaskTemplate: expect.objectContaining({ ContainerSpec: check ? expect.objectContaining({ Healthcheck: check }) : expect.not.objectContaining({ Healthcheck: expect.anything() }) }) }))
  })

  test.each([['crash', 'checked'], ['deaf', 'checked'], ['crash', 'plain']] as const)('to a version that is %s (image %s) is rolled back while the old one serves on, said, and not tried again until it is deployed again', async (MODE, kind) => {
    await deploy({ image: images[kind] })
    await runs()
    const old = await ids()
    const broken = { image: images[kind], envVars: { MODE }, annotations: { ...SOON, 'com.openfaas.health.command': '[ -e /tmp/.lock ]', 'com.openfaas.health.http.initialDelay': '20s', 'com.openfaas.health.interval': '1s' } }
    await update(broken)
    await vi.waitFor(async () => expect((await described()).annotations['swarm.update']).toMatch(MODE === 'crash' ? /^rolled back .*, the version before serves on: .*\(3\)/ : /^rolled back .*health check failed/), { ...WAIT, timeout: 120_000 })
    expect(await ids()).toEqual(old)
    const attempts = (await ground.tasks('echo')).length
    await gateway.stop()
    gateway = await ground.gateway({ nats, node: 1 })
    await gateway.system('POST', '/system/scale-function/echo', { serviceName: 'echo', replicas: 2, namespace: '' })
    await runs(2)
    expect(await version()).toBe('1')
    expect((await ground.tasks('echo')).length).toBe(attempts + 1)
    await update(broken)
    await vi.waitFor(async () => expect((await ground.tasks('echo')).length).toBeGreaterThan(attempts + 1), WAIT)
    await update({ image: images[kind], envVars: { VERSION: '3' } })
    await vi.waitFor(async () => expect([await version(), (await described()).annotations['swarm.update']]).toEqual(['3', undefined]), { ...WAIT, timeout: 120_000 })
  }, 600_000)
})

describe('secrets', () => {
  const secret = (method: string, value: string) => gateway.system(method, '/system/secrets', { name: 'api.key', value })
  const read = () => ground.execute('echo', ['node', '-e', 'const f = require("fs"); const p = "/var/openfaas/secrets/api.key"; console.log(f.readFileSync(p, "latin1"), (f.statSync(p).mode & 0o777).toString(8), process.getuid() > 0)'])

  test('are files that a function which is not root reads; a new value comes with new replicas; values are told nowhere', async () => {
    await secret('POST', 'first')
    await deploy({ secrets: ['api.key'] })
    await runs()
    expect(await read()).toBe('first 440 true\n')
    const [old] = await ids()
    expect((await secret('PUT', 'second')).status).toBe(202)
    await vi.waitFor(async () => expect([await ids(), await read()]).toEqual([[expect.not.stringMatching(old ?? '')], 'second 440 true\n']), WAIT)
    const named = await ground.engine.listSecrets({ filters: { label: [`${LABEL.secret}=openfaas-fn/api.key`, `${LABEL.scope}=${ground.scope}`] } })
    expect(named.length).toBeGreaterThan(0)
    expect(JSON.stringify(named)).not.toMatch(/first|second/)
  })
})

describe('several gateways at once', () => {
  test('make one service of one function, whoever is asked, and agree on what was said last', async () => {
    const gateways = [gateway, await ground.gateway({ nats, node: 1 }), await ground.gateway({ nats, node: 2 })]
    try {
      await Promise.all(gateways.map((each) => deploy({}, each)))
      await runs()
      const said = Array.from({ length: 12 }, (_, index) => String(index + 2))
      for (const [index, VERSION] of said.entries()) expect((await update({ envVars: { VERSION } }, gateways[index % 3])).status).toBe(202)
      await vi.waitFor(async () => expect([(await ground.running('echo')).length, await version(), (await service()).UpdateStatus?.State]).toEqual([1, said.at(-1), 'completed']), WAIT)
      const { Version } = await service()
      const before = await ids()
      await Promise.all(gateways.map((each) => update({ envVars: { VERSION: said.at(-1) } }, each)))
      expect([(await service()).Version.Index, await ids()]).toEqual([Version.Index, before])
    } finally {
      await Promise.all(gateways.slice(1).map((each) => each.stop()))
    }
  })
})

describe('what cannot be deployed is refused with a sentence', () => {
  test.each([
    [{ constraints: ['node.labels.zone == nowhere'] }, 'INVALID_FIELD', 'constraints', /no node of the 3 in the Swarm satisfies/],
    [{ constraints: ['kubernetes.io/arch=amd64'] }, 'INVALID_FIELD', 'constraints', /is not as Swarm has it/],
    [{ limits: { memory: '999Gi' } }, 'INVALID_FIELD', 'limits.memory', /more than any node it may run on has, \d+Mi/],
    [{ requests: { cpu: '999' } }, 'INVALID_FIELD', 'requests.cpu', /more than any node/],
    [{ limits: { cpu: 'much' } }, 'INVALID_FIELD', 'limits.cpu', /100m/],
    [{ limits: { memory: '1Mi' } }, 'INVALID_FIELD', 'limits.memory', /not between 6Mi/],
    [{ labels: { 'com.docker.stack.namespace': 'x' } }, 'INVALID_FIELD', 'labels', /reserved/],
    [{ image: '../../etc' }, 'INVALID_FIELD', 'image', /no name of an image/],
    [{ annotations: { platform: 'true' } }, 'INVALID_FIELD', 'annotations.platform', /PLATFORM_IMAGES is empty/],
    [{ annotations: { 'com.openfaas.stop.grace': 'soon' } }, 'INVALID_FIELD', 'com.openfaas.stop.grace', /30s|10s/],
    [{ secrets: ['none'] }, 'INVALID_FIELD', 'secrets', /there is no secret none/],
  ])('%j', async (more, code, field, detail) => {
    expect((await deploy(more)).json()).toMatchObject({ status: 400, code, field, detail: expect.stringMatching(detail) })
    await expect(service()).rejects.toMatchObject({ statusCode: 404 })
  })

  test('an image that no registry has, and one that this cluster may not have', async () => {
    expect((await deploy({ image: `${bed.registry.address}/none:1` })).json()).toMatchObject({ status: 400, code: 'IMAGE_NOT_FOUND', detail: expect.stringContaining('/none:1 cannot be had') })
    const stranger = await ground.gateway({ nats, node: 2, login: false })
    expect((await deploy({ image: `${bed.registry.address}/other-services-test:1` }, stranger)).json()).toMatchObject({ status: 400, code: 'IMAGE_NOT_FOUND', detail: expect.stringMatching(/unauthorized|authentication|denied|no basic auth/i) })
    await stranger.stop()
  })
})

describe('what goes wrong later is told', () => {
  test('a function that crashes, and one that needs more memory than it may have', async () => {
    await deploy({ image: images.plain, envVars: { MODE: 'crash' } })
    await vi.waitFor(async () => expect((await described()).annotations['swarm.failure']).toMatch(/a replica failed \d+ times lately, at last at .*\(3\)/), WAIT)
    await update({ image: images.plain, limits: { memory: '64Mi' } })
    await runs()
    await ground.execute('echo', ['node', '-e', 'fetch("http://127.0.0.1:8080/eat").catch(() => {})']).catch(() => '') // it is killed with what it asked
    await vi.waitFor(async () => expect((await described()).annotations['swarm.failure']).toMatch(/most likely because it needed more memory than its limit, 64Mi/), WAIT)
  })

  test('replicas for which there is no room wait, and that is said', async () => {
    await deploy({ annotations: { ...SOON, 'com.openfaas.placement.max_per_node': '1' }, labels: { 'com.openfaas.scale.min': '4' } })
    await runs(3)
    expect(new Set((await ground.running('echo')).map(({ NodeID }) => NodeID)).size).toBe(3)
    await vi.waitFor(async () => expect((await described()).annotations['swarm.failure']).toMatch(/waits for a node: no suitable node/), WAIT)
  })
})
