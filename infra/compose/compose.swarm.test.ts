import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { tourOf } from '../demo/tour.ts'
import { BASES } from '../images/bases/pins.ts'
import { docker } from '../images/docker.ts'
import { linkOf } from '../testbed/names.ts'
import { namespacePath } from '../testbed/network.ts'
import { composeWith, type Compose } from './testing/compose.ts'

// One engine of the bed is the single host: what it publishes on loopback is reached in its own network.
const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const { builder, name: bed, nodes: [host], registry } = inject('testbed')
if (!host) throw new Error('a bed with a node is asked for')
/** Longest time for all containers to begin side by side on a machine that has other things to do. */
const TWELVE_BEGIN_MS = 240_000
const PROJECT = `compose-${process.pid}`
const PREFIX = `${registry.address}/${PROJECT}`
const engine = new Docker({ socketPath: host.socket })
const folder = mkdtempSync(join(tmpdir(), 'orp-compose-'))
let compose: Compose
let port: string

beforeAll(async () => {
  await run(process.execPath, [join(ROOT, 'infra/images/main.ts'), '--push', PREFIX, 'parts'], {
    env: { ...process.env, DOCKER_HOST: `unix://${builder.socket}`, DOCKER_CONFIG: registry.dockerConfig, IMAGE_PREFIX: PROJECT },
  })
  for (const base of [BASES.nats, BASES.minio, BASES.postgres]) {
    const there = `${registry.address}/${base}`
    await docker(['--host', `unix://${host.socket}`, 'pull', '--quiet', there], { configFolder: registry.dockerConfig })
    await docker(['--host', `unix://${host.socket}`, 'tag', there, base])
  }
  const ports = await freePorts()
  port = String(ports[0])
  compose = await composeWith({
    DOCKER_HOST: `unix://${host.socket}`, DOCKER_CONFIG: registry.dockerConfig, COMPOSE_PROJECT_NAME: PROJECT,
    IMAGE_PREFIX: PREFIX, SLOTS: '2', DOCKER_SOCKET: host.socket, HTTP_PORT: port, GATEWAY_PORT: String(ports[1]),
  })
  await compose('up', '--detach')
}, 600_000)
afterAll(async () => {
  await compose?.('down', '--volumes')
  rmSync(folder, { recursive: true, force: true })
}, 120_000)

const containers = () => engine.listContainers({ all: true, filters: { label: [`com.docker.compose.project=${PROJECT}`] } })
const inHost = (...command: readonly string[]) => run('nsenter', [`--net=${namespacePath(linkOf(bed, 1))}`, ...command], { cwd: folder, maxBuffer: 8 * 1024 * 1024 })
/** Two of the host's. */
const freePorts = async (): Promise<readonly number[]> => {
  const ask = 'const { createServer } = require("node:net"); const each = [createServer(), createServer()]; let left = 2; for (const one of each) one.listen(0, "127.0.0.1", () => { if (--left === 0) { console.log(JSON.stringify(each.map((server) => server.address().port))); each.forEach((server) => server.close()) } })'
  return JSON.parse((await inHost(process.execPath, '-e', ask)).stdout) as number[]
}
const parts = ['agent', 'credentials', 'dispatcher', 'edge', 'gateway', 'projector']

const untilHealthy = () =>
  vi.waitFor(async () => {
    const healthy = (await containers()).filter(({ Status }) => Status.includes('(healthy)')).map(({ Labels }) => Labels['com.docker.compose.service'])
    expect(healthy).toEqual(expect.arrayContaining(parts))
  }, { timeout: TWELVE_BEGIN_MS, interval: 500 })

test('the first tour of the README passes, twice, with fewer slots than that takes', async () => {
  await untilHealthy()
  // what docker-compose.yml says in place of the tour's first line, as this folder's
  mkdirSync(join(folder, '.data/secrets'), { recursive: true })
  writeFileSync(join(folder, '.data/secrets/operator-token'), await compose('exec', '-T', 'gateway', 'cat', '/run/secrets/operator-token'), { mode: 0o600 })
  const tour = tourOf(readFileSync(join(ROOT, 'README.md'), 'utf8')).replaceAll('localhost:8080', `localhost:${port}`)
  for (const deployment of ['first', 'second']) {
    const { stdout } = await inHost('bash', '-euc', tour.replaceAll('demo', deployment))
    expect(stdout).toContain('DeploymentRequested')
    expect(stdout.match(/"cargo:goodsDescription":"books"/g)).toHaveLength(2) // before it slept and after
  }
}, 420_000)

test('slots reach neither broker nor database, and cannot list where the others\' sockets are', async () => {
  const ask = 'const { connect } = require("node:net"); const { readdirSync } = require("node:fs")'
    + '; try { console.log("listed", readdirSync("/run/slot-control")) } catch (error) { console.log(error.code) }'
    + '; for (const [host, port] of [["nats", 4222], ["postgres", 5432], ["gateway", 8082], ["minio", 9000]]) connect(port, host).on("connect", function () { console.log(host, "reached"); this.destroy() }).on("error", () => console.log(host, "unreachable"))'
  // beside them, since spares are frozen
  const where = ['--network', `${PROJECT}_slots`, '--volume', `${PROJECT}_slot-control:/run/slot-control`, '--entrypoint', 'node']
  const printed = await docker(['--host', `unix://${host.socket}`, 'run', '--rm', ...where, `${PREFIX}/slot:latest`, '-e', ask], { configFolder: registry.dockerConfig })
  expect(printed.trim().split('\n').toSorted()).toEqual(['EACCES', 'gateway unreachable', 'minio reached', 'nats unreachable', 'postgres unreachable'])
})

test('what was made sleeps, and is there again after everything was taken down and brought up', async () => {
  const token = readFileSync(join(folder, '.data/secrets/operator-token'), 'utf8').trimEnd()
  const ask = ['curl', '-sS', '--fail-with-body', '-H', `Authorization: Bearer ${token}`, '-H', 'Content-Type: application/json']
  const api = `http://localhost:${port}/api/deployments`
  const made = await inHost(...ask, '-X', 'POST', api, '-d', '{"name": "lasting", "settings": {"open": true, "pauseAfterSeconds": 1, "hibernateAfterSeconds": 1}}')
  const { id } = JSON.parse(made.stdout) as { readonly id: string }
  await vi.waitFor(async () => expect(JSON.parse((await inHost(...ask, `${api}/${id}`)).stdout)).toMatchObject({ status: 'hibernated' }), { timeout: 60_000, interval: 500 })
  await compose('down')
  await compose('up', '--detach')
  await untilHealthy()
  await vi.waitFor(async () => {
    const { stdout } = await inHost('curl', '-sS', '--fail-with-body', `http://lasting.play.localhost:${port}/`)
    expect(stdout).toContain('api:ServerInformation')
  }, { timeout: 60_000, interval: 500 })
}, 600_000)

test('nothing is left when it is taken down with its volumes', async () => {
  await compose('down', '--volumes')
  expect(await containers()).toEqual([])
  const { Volumes } = await engine.listVolumes()
  expect(Volumes.filter(({ Name }) => Name.startsWith(PROJECT))).toEqual([])
  expect((await engine.listNetworks()).filter(({ Name }) => Name.startsWith(PROJECT))).toEqual([])
})
