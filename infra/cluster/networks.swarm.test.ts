import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, describe, expect, inject, it, vi } from 'vitest'
import { BASES } from '../images/bases/pins.ts'
import { NETWORKS } from './networks.ts'

/*
 * Who reaches whom, dialled on the cluster that stands on the bed (CLUSTER_DIR; the tour brings one up): a container on the slots' network,
 * and one on that of other people's functions, dial every address of every service.
 */
const bed = inject('testbed')
const run = promisify(execFile)
const WAIT = { timeout: 120_000, interval: 500 }
const [first] = bed.nodes
if (!first) throw new Error('a bed has nodes')
const docker = async (socket: string, ...args: readonly string[]): Promise<string> => (await run('docker', ['--host', `unix://${socket}`, ...args])).stdout

const PORTS = { 'nats-1': [4222, 6222], postgres: [5432], gateway: [8082], dispatcher: [8080], credentials: [9000], registry: [5000], 'registry-door': [5000], 'minio-1': [9000], haproxy: [8080], edge: [8091] } as const
type Target = { readonly service: string; readonly network: string; readonly address: string }

/** Addresses of all tasks, on every network they are on. */
const targets = async (): Promise<readonly Target[]> => {
  const found = await Promise.all(bed.nodes.flatMap(({ socket }) => Object.entries(PORTS).map(async ([service, ports]) => {
    const ids = (await docker(socket, 'ps', '--quiet', '--filter', `label=com.docker.swarm.service.name=one-record_${service}`)).split('\n').filter(Boolean)
    const told = await Promise.all(ids.map((id) => docker(socket, 'inspect', '--format', '{{range $name, $it := .NetworkSettings.Networks}}{{$name}} {{$it.IPAddress}}\n{{end}}', id)))
    return told.flatMap((text) => text.split('\n').filter(Boolean)).flatMap((line) => {
      const [network = '', ip = ''] = line.split(' ')
      return network === 'ingress' ? [] : ports.map((port) => ({ service, network, address: `${ip}:${port}` }))
    })
  })))
  return found.flat()
}

const DIAL = `const dial = (at) => new Promise((done) => { const [host, port] = at.split(':'); const socket = require('node:net').connect({ host, port: Number(port), timeout: 3000 });
  const end = (open) => () => { socket.destroy(); done(open ? [at] : []) }; socket.on('connect', end(true)).on('timeout', end(false)).on('error', end(false)) });
Promise.all(process.argv.slice(1).map(dial)).then((open) => { console.log('reached:' + open.flat().join(',')); setInterval(() => {}, 1000) })`

const made: string[] = []
afterAll(async () => {
  for (const name of made) await docker(first.socket, 'service', 'rm', name)
})

/** What a container on this network reaches, as `service network`. */
const reachedFrom = async (network: string, all: readonly Target[]): Promise<readonly string[]> => {
  const name = `dial-${network}-${process.pid}`
  await docker(first.socket, 'service', 'create', '--quiet', '--detach', '--no-resolve-image', '--name', name, '--network', network, '--endpoint-mode', 'dnsrr', BASES.node, 'node', '-e', DIAL, ...all.map(({ address }) => address))
  made.push(name)
  const line = await vi.waitFor(async () => {
    const [, addresses] = /reached:(\S*)/.exec(await docker(first.socket, 'service', 'logs', '--raw', name)) ?? []
    expect(addresses).toBeDefined()
    return addresses ?? ''
  }, WAIT)
  const open = new Set(line.split(','))
  return [...new Set(all.filter(({ address }) => open.has(address)).map(({ service, network: on }) => `${service} ${on}`))].toSorted((a, b) => a.localeCompare(b))
}

describe.skipIf(process.env['CLUSTER_DIR'] === undefined)('of all that runs', () => {
  it('a slot reaches edges and the object store', async () => {
    const all = await targets()
    expect(all.length).toBeGreaterThan(20)
    expect(await reachedFrom(NETWORKS.slots, all)).toEqual([`haproxy ${NETWORKS.slots}`, `minio-1 ${NETWORKS.slots}`])
  })

  it('a function of others reaches gateways', async () => {
    expect(await reachedFrom(NETWORKS.functions, await targets())).toEqual([`gateway ${NETWORKS.functions}`])
  })
})
