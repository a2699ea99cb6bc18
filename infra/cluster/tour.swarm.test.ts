import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { BASES } from '../images/bases/pins.ts'
import { ask, type Answer } from './ask.ts'

/*
 * The operator's page, on the bed: from nothing to a deployment that is visited at each node, asleep and woken. With CLUSTER_DIR a
 * cluster that stands is toured and left as it is.
 */
const bed = inject('testbed')
const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const WAIT = { timeout: 240_000, interval: 1_000 }
const LONG = 1_800_000
const [PORT, HOST, DOMAIN] = [8080, 'cluster.test', 'play.cluster.test']

const standing = process.env['CLUSTER_DIR']
const folder = standing ?? join(mkdtempSync(join(tmpdir(), 'orp-cluster-')), 'cluster')
const [first, ...others] = bed.nodes
if (!first) throw new Error('a bed has nodes')

const on = (socket: string) => ({ ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: bed.registry.dockerConfig, CLUSTER_DIR: folder })
const docker = async (socket: string, ...args: readonly string[]): Promise<string> => (await run('docker', [...args], { env: on(socket) })).stdout
const cluster = async (args: readonly string[], socket = first.socket, more: Readonly<Record<string, string>> = {}): Promise<string> => {
  const { stdout, stderr } = await run(process.execPath, [MAIN, ...args], { env: { ...on(socket), ...more }, timeout: LONG })
  return stdout + stderr
}
const operatorToken = (): string => readFileSync(join(folder, 'secrets', 'operator-token'), 'utf8').trimEnd()
const api = (address: string, method: string, path: string, body?: object): Promise<Answer> =>
  ask({ host: address, port: PORT, method, path, headers: { Host: HOST, Authorization: `Bearer ${operatorToken()}`, 'Content-Type': 'application/json' } }, body && JSON.stringify(body))
const visit = (address: string, name: string): Promise<Answer> => ask({ host: address, port: PORT, method: 'GET', path: '/', headers: { Host: `${name}.${DOMAIN}` } })

const bringUp = async (): Promise<void> => {
  for (const { socket } of bed.nodes) {
    for (const reference of Object.values(BASES)) {
      await docker(socket, 'pull', '--quiet', `${bed.registry.address}/${reference}`)
      await docker(socket, 'tag', `${bed.registry.address}/${reference}`, reference)
    }
  }
  const socketOfNode = first.socket.replace(`/${first.name}/`, '/{{.Node.Hostname}}/')
  await cluster(['init', '--address', first.address, '--domain', DOMAIN, '--platform-host', HOST, '--http-port', String(PORT), '--docker-socket', socketOfNode])
  const CLUSTER_TOKEN = (await cluster(['token'])).trim()
  for (const { socket, address } of others) await cluster(['join', first.address, '--address', address], socket, { CLUSTER_TOKEN })
  await cluster(['build'])
  await cluster(['deploy', '--wait', '900'])
  await cluster(['functions', '--wait', '600'])
}

const takeDown = async (): Promise<void> => {
  const names = async (...args: readonly string[]) => (await docker(first.socket, ...args)).split('\n').filter(Boolean)
  await docker(first.socket, 'stack', 'rm', 'one-record')
  const services = [...await names('service', 'ls', '--quiet', '--filter', 'label=one-record.gateway.scope=fn'), ...await names('service', 'ls', '--quiet', '--filter', 'label=one-record.slots.pool=slot')]
  if (services.length > 0) await docker(first.socket, 'service', 'rm', ...services)
  for (const { socket } of bed.nodes) {
    await vi.waitFor(async () => {
      const volumes = (await docker(socket, 'volume', 'ls', '--quiet')).split('\n').filter((name) => /^(one-record_|slot-control$)/.test(name))
      if (volumes.length > 0) await docker(socket, 'volume', 'rm', ...volumes)
    }, WAIT)
  }
  await vi.waitFor(async () => {
    for (const kind of ['network', 'secret'] as const) {
      const ours = await names(kind, 'ls', '--quiet', '--filter', 'label=one-record.cluster=true')
      if (ours.length > 0) await docker(first.socket, kind, 'rm', ...ours)
    }
  }, WAIT)
}

describe('a cluster', () => {
  beforeAll(async () => {
    if (standing === undefined) await bringUp()
  }, LONG)
  afterAll(async () => {
    if (standing !== undefined) return
    await takeDown()
    rmSync(join(folder, '..'), { recursive: true, force: true })
  }, LONG)

  it('is whole, and every command may be repeated', async () => {
    expect(await cluster(['init'])).toContain('all there in Swarm')
    const told = JSON.parse(await cluster(['status', '--json'])) as { readonly isWell: boolean; readonly nodes: readonly { readonly shares: readonly string[] }[] }
    expect(told.isWell).toBe(true)
    expect(told.nodes.map(({ shares }) => shares.slice(0, 2).join(' and ')).toSorted()).toEqual(['broker and drives 1', 'broker and drives 2', 'broker and drives 3'])
  })

  it('lists its functions at each node\'s gateway', async () => {
    const password = readFileSync(join(folder, 'secrets', 'basic-auth-password'), 'utf8').trimEnd()
    for (const { address } of bed.nodes) {
      const { status, body } = await ask({ host: address, port: 8082, method: 'GET', path: '/system/functions', headers: { Authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` } })
      expect(status).toBe(200)
      expect((JSON.parse(body) as { readonly name: string }[]).map(({ name }) => name)).toEqual(expect.arrayContaining(['cold-start', 'deployments', 'idle', 'provision']))
    }
  })

  it('makes a deployment that is reached at each node, sleeps and wakes', async () => {
    const name = `tour-${process.pid}`
    const made = await api(first.address, 'POST', '/api/deployments', { name, settings: { pauseAfterSeconds: 5, hibernateAfterSeconds: 10, open: true } })
    expect([made.status, made.body]).toEqual([202, expect.any(String)])
    const { id } = JSON.parse(made.body) as { readonly id: string }
    for (const { address } of bed.nodes) await vi.waitFor(async () => expect((await visit(address, name)).status).toBe(200), WAIT)
    const until = (status: string) => vi.waitFor(async () => expect(JSON.parse((await api(first.address, 'GET', `/api/deployments/${id}`)).body)).toMatchObject({ status }), WAIT)
    for (const [index, { address }] of bed.nodes.entries()) {
      await until(index === 0 ? 'hibernated' : 'paused')
      expect((await visit(address, name)).status, `asleep, visited at node ${index + 1}`).toBe(200)
    }
    expect((await api(first.address, 'DELETE', `/api/deployments/${id}`)).status).toBeLessThan(300)
    await until('deleted')
  }, LONG)
})
