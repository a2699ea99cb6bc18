import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/*
 * The rules in force, on a node of namespaces: `node` with a bridge of containers behind it, `peer`, the other node, and `world`.
 * Addresses are of the ranges for tests (RFC 5737), in namespaces only this test has.
 */
const ADDRESS = { node: '192.0.2.1', peer: '192.0.2.2', world: '192.0.2.3', bridge: '198.51.100.1', container: '198.51.100.2' } as const
type Place = 'node' | 'peer' | 'world' | 'container'
const [HTTP, REGISTRY, SWARM, SSH, OTHER] = [80, 5000, 2377, 22, 9999]

const isAble = process.getuid?.() === 0 && ['ip', 'iptables-restore', 'ip6tables-restore'].every((tool) => {
  try {
    return execFileSync('sh', ['-c', `command -v ${tool}`]).length > 0
  } catch {
    return false
  }
})

const id = `orp${process.pid}`
const namespace = (place: Place): string => `${id}${place}`
const sh = (command: string): void => void execFileSync('sh', ['-euc', command], { stdio: ['ignore', 'ignore', 'inherit'] })
const inside = (place: Place, command: string): void => sh(`ip netns exec ${namespace(place)} sh -euc '${command}'`)

const listeners: ChildProcess[] = []
const LISTEN = `for (const port of process.argv.slice(1)) require('node:net').createServer((socket) => socket.end()).listen({ port: Number(port), host: '::' }, () => console.log('on'))`
const listen = async (place: Place, ports: readonly number[]): Promise<void> => {
  const child = spawn('ip', ['netns', 'exec', namespace(place), process.execPath, '-e', LISTEN, ...ports.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] })
  listeners.push(child)
  let seen = ''
  while (seen.split('on').length <= ports.length) seen += String((await once(child.stdout, 'data'))[0])
}

/** What becomes of a connection: a closed port is silent, as a packet that is dropped is. */
const DIAL = `const socket = require('node:net').connect({ host: process.argv[1], port: Number(process.argv[2]), timeout: 1500 });
const end = (what) => () => { console.log(what); process.exit(0) };
socket.on('connect', end('open')).on('timeout', end('closed')).on('error', (error) => end(error.code === 'ECONNREFUSED' ? 'refused' : error.code)())`
const dial = (from: Place, host: string, port: number): string =>
  execFileSync('ip', ['netns', 'exec', namespace(from), process.execPath, '-e', DIAL, host, String(port)], { encoding: 'utf8' }).trim()

const cable = (place: Place, address: string, bridge: string, within: Place): void => {
  sh(`ip link add ${id}${place[0]} type veth peer name eth0 netns ${namespace(place)}; ip link set ${id}${place[0]} netns ${namespace(within)}`)
  inside(within, `ip link set ${id}${place[0]} master ${bridge} up`)
  inside(place, `ip addr add ${address}/24 dev eth0; ip link set eth0 up; ip link set lo up`)
}

describe.skipIf(!isAble)('the firewall of a node', () => {
  beforeAll(async () => {
    for (const place of ['node', 'peer', 'world', 'container'] as const) sh(`ip netns add ${namespace(place)}`)
    // the switch between the machines lies in the world's namespace, and is its own address
    inside('world', 'ip link add lan type bridge; ip addr add 192.0.2.3/24 dev lan; ip link set lan up; ip link set lo up')
    cable('node', ADDRESS.node, 'lan', 'world')
    cable('peer', ADDRESS.peer, 'lan', 'world')
    inside('node', 'ip link add docker_gwbridge type bridge; ip addr add 198.51.100.1/24 dev docker_gwbridge; ip link set docker_gwbridge up; echo 1 > /proc/sys/net/ipv4/ip_forward')
    cable('container', ADDRESS.container, 'docker_gwbridge', 'node')
    inside('container', 'ip route add default via 198.51.100.1')
    // what Docker does: its chain, published ports, and the node's address for what leaves
    inside('node', [
      'iptables -N DOCKER-USER', 'iptables -I FORWARD -j DOCKER-USER',
      ...[HTTP, REGISTRY].map((port) => `iptables -t nat -A PREROUTING ! -i docker_gwbridge -p tcp --dport ${port} -j DNAT --to 198.51.100.2`),
      'iptables -t nat -A POSTROUTING -s 198.51.100.0/24 ! -o docker_gwbridge -j MASQUERADE',
    ].join('; '))
    await listen('node', [SWARM, SSH, REGISTRY, HTTP, OTHER])
    await listen('container', [HTTP, REGISTRY])
    await listen('peer', [SWARM, HTTP])
    await listen('world', [SWARM, OTHER])
    expect(dial('container', ADDRESS.peer, SWARM)).toBe('open') // before
    expect(dial('world', ADDRESS.node, REGISTRY)).toBe('open')
    const command = fileURLToPath(new URL('../main.ts', import.meta.url))
    const apply = ['netns', 'exec', namespace('node'), process.execPath, command, 'firewall', '--apply', '--http-port', String(HTTP), '--node', ADDRESS.node, '--node', ADDRESS.peer]
    for (const time of [1, 2]) expect(execFileSync('ip', apply, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }), `the ${time}. time`).toBe('')
  })
  afterAll(() => {
    listeners.forEach((child) => child.kill('SIGKILL'))
    for (const place of ['container', 'node', 'peer', 'world'] as const) sh(`ip netns del ${namespace(place)}`)
  })

  it.each<readonly [Place, string, number, string, string]>([
    ['peer', ADDRESS.node, SWARM, 'open', 'nodes manage the Swarm among themselves'],
    ['peer', ADDRESS.node, REGISTRY, 'closed', 'the registry is for its own node'],
    ['peer', ADDRESS.node, OTHER, 'closed', 'nothing else, between nodes either'],
    ['world', ADDRESS.node, SWARM, 'closed', 'the Swarm is not the world\'s'],
    ['world', ADDRESS.node, HTTP, 'open', 'visitors come in'],
    ['world', ADDRESS.node, SSH, 'open', 'and the operator'],
    ['world', ADDRESS.node, REGISTRY, 'closed', 'the registry is not the world\'s'],
    ['world', ADDRESS.node, OTHER, 'closed', 'nothing else'],
    ['node', '127.0.0.1', REGISTRY, 'open', 'the node has its door'],
    ['node', ADDRESS.peer, SWARM, 'open', 'and goes where it likes'],
    ['container', ADDRESS.world, OTHER, 'open', 'containers reach the world'],
    ['container', ADDRESS.peer, SWARM, 'closed', 'but not as if they were their node'],
    ['container', ADDRESS.peer, HTTP, 'open', 'they visit other deployments'],
    ['container', ADDRESS.bridge, HTTP, 'open', 'at their own node too'],
    ['container', ADDRESS.bridge, SWARM, 'closed', 'they manage no Swarm'],
    ['container', ADDRESS.bridge, SSH, 'closed', 'and log in nowhere'],
    ['container', ADDRESS.bridge, REGISTRY, 'closed', 'and take no images'],
  ])('%s to %s:%i is %s: %s', (from, host, port, expected) => {
    expect(dial(from, host, port)).toBe(expected)
  })
})
