import { afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { startNats, type NatsServer } from '../../testing/servers.ts'
import { LABEL } from './labels.ts'
import { pushFunction } from './testing/function-image.ts'
import { startGatewayContainer, type Answer, type GatewayContainer } from './testing/gateway-container.ts'
import { openGround, type Ground } from './testing/ground.ts'

const bed = inject('testbed')
const WAIT = { timeout: 120_000, interval: 200 }
const SOON = { 'com.openfaas.stop.grace': '3s', public: 'true' }
const CLIENTS = 2

let image: string
beforeAll(async () => void (image = await pushFunction(bed, 'routing-test', 'checked')))

let nats: NatsServer
let ground: Ground
let gateways: GatewayContainer[]
beforeEach(async () => {
  nats = await startNats({ syncAlways: false })
  ground = openGround(bed)
  const network = `${ground.scope}-functions`
  await ground.engine.createNetwork({ Name: network, Driver: 'overlay', Attachable: true, Labels: { [LABEL.scope]: ground.scope } })
  gateways = []
  gateways.push(await startGatewayContainer(bed, { nats, scope: ground.scope, network }))
})
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  await ground.clear()
  await nats.stop()
})

const gateway = (): GatewayContainer => {
  const [first] = gateways
  if (!first) throw new Error('there is one')
  return first
}
const deploy = async (name: string, more: object = {}, method = 'POST') => {
  const answer = await gateway().system(method, '/system/functions', { service: name, image, annotations: SOON, ...more })
  expect([answer.status, answer.text]).toEqual([202, expect.anything()])
}
const scale = (name: string, replicas: number) => gateway().system('POST', `/system/scale-function/${name}`, { replicas })
const available = (name: string, count: number, on = gateway()) =>
  vi.waitFor(async () => expect(JSON.parse((await on.system('GET', `/system/function/${name}`)).text)).toMatchObject({ availableReplicas: count }), WAIT)
type Said = { readonly version: string; readonly environment: { readonly HOSTNAME: string } }
const who = ({ text }: Answer): string => (JSON.parse(text) as Said).environment.HOSTNAME
const version = ({ text }: Answer): string => (JSON.parse(text) as Said).version

/** Calls of several clients, one after the other each, until it is told to end; half of them POST. */
const load = (path: string) => {
  const answers: Answer[] = []
  let isOver = false
  const client = async (): Promise<void> => {
    for (let count = 0; !isOver; count += 1) {
      answers.push(await gateway().call(path, { method: count % 2 === 0 ? 'GET' : 'POST', ...(count % 2 === 0 ? {} : { body: 'cargo' }) })
        .catch((error: unknown): Answer => ({ status: 0, text: String(error), retryAfter: undefined })))
    }
  }
  const clients = Array.from({ length: CLIENTS }, client)
  return {
    answers,
    end: async () => {
      isOver = true
      await Promise.all(clients)
      return answers.filter(({ status }) => status !== 200)
    },
  }
}

describe('calls of a function', () => {
  test('are shared by its replicas, on whichever node they are; several gateways know the same', async () => {
    await deploy('echo', { labels: { 'com.openfaas.scale.min': '3' }, annotations: { ...SOON, 'com.openfaas.placement.max_per_node': '1' } })
    await available('echo', 3)
    gateways.push(await startGatewayContainer(bed, { nats, scope: ground.scope, network: `${ground.scope}-functions`, node: 1 }))
    await available('echo', 3, gateways[1])
    const nodes = new Set((await ground.running('echo')).map(({ NodeID }) => NodeID))
    expect(nodes.size).toBe(3)
    for (const one of gateways) {
      const seen = (await Promise.all(Array.from({ length: 30 }, () => one.call('/function/echo')))).map(who)
      expect(new Set(seen).size).toBe(3)
    }
  })

  test('are all answered while it is updated, with one replica and with two, and while it is scaled up and down', async () => {
    await deploy('echo', { envVars: { VERSION: '1' } })
    await available('echo', 1)
    const { answers, end } = load('/function/echo')
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(20), WAIT)
    const answersOf = (wanted: string) => vi.waitFor(() => expect(version(answers.at(-1) ?? { status: 0, text: '{}', retryAfter: undefined })).toBe(wanted), WAIT)
    await deploy('echo', { envVars: { VERSION: '2' } }, 'PUT')
    await answersOf('2')
    await scale('echo', 2)
    await available('echo', 2)
    await deploy('echo', { envVars: { VERSION: '3' } }, 'PUT')
    await answersOf('3')
    await vi.waitFor(async () => expect((await ground.tasks('echo')).filter(({ Status }) => Status.State === 'running')).toHaveLength(2), WAIT)
    await scale('echo', 1)
    await vi.waitFor(async () => expect((await ground.tasks('echo')).filter(({ Status }) => Status.State === 'running')).toHaveLength(1), WAIT)
    const failed = await end()
    expect(failed).toEqual([])
    console.info(`${answers.length} calls through two updates and two scalings, ${failed.length} failed`) // eslint-disable-line no-console -- a number to be told
  })

  test('wait for it to wake, all for the same start; nobody calls: it sleeps again', async () => {
    await deploy('echo', { labels: { 'com.openfaas.scale.zero': 'true', 'com.openfaas.scale.zero-duration': '5s' } })
    await available('echo', 1)
    const asleep = () => vi.waitFor(async () => expect((await ground.tasks('echo')).filter(({ Status }) => Status.State === 'running')).toEqual([]), WAIT)
    await asleep()
    const answers = await Promise.all(Array.from({ length: 50 }, () => gateway().call('/function/echo')))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(new Set(answers.map(who)).size).toBe(1)
    expect(await ground.running('echo')).toHaveLength(1)
    await asleep()
  })

  test('get a clear refusal when its service is removed by hand, and when there is no such function', async () => {
    await deploy('echo')
    await available('echo', 1)
    expect((await gateway().call('/function/echo')).status).toBe(200)
    await ground.engine.getService(ground.service('echo')).remove()
    for (let status = 200; status === 200;) {
      const answer = await gateway().call('/function/echo', { method: 'POST', body: 'x' })
      status = answer.status
      if (status !== 200) expect([answer.status, answer.retryAfter, answer.text]).toEqual([503, '5', expect.stringContaining('has no replica that answers')])
    }
    expect((await gateway().call('/function/none')).status).toBe(404)
  })
})

test('the log is that of all replicas, those that ended too, and follows', async () => {
  await deploy('crash', { envVars: { MODE: 'crash' } })
  const lines = async (query: string) => (await gateway().system('GET', `/system/logs?name=crash${query}`)).text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as { instance: string; text: string; timestamp: string; name: string })
  await vi.waitFor(async () => expect(new Set((await lines('')).map(({ instance }) => instance)).size).toBeGreaterThan(1), WAIT)
  expect((await lines('&tail=1')).map(({ name, text }) => ({ name, text }))).toEqual([{ name: 'crash', text: 'this version cannot work' }])
  expect(await lines(`&since=${new Date(Date.now() + 3_600_000).toISOString()}`)).toEqual([])
  const known = new Set((await lines('')).map(({ instance }) => instance))
  for await (const line of gateway().follow('/system/logs?name=crash&follow=1&tail=1')) {
    if (!known.has((JSON.parse(line) as { instance: string }).instance)) break // of a replica that came while we listened
  }
})
