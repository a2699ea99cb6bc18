import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import Docker from 'dockerode'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { BASES } from '../images/bases/pins.ts'
import { cutPower, plugCable, pullCable, switchOn } from './cables.ts'
import { groupsOf } from './cgroups.ts'
import { down } from './down.ts'
import { folderOf } from './names.ts'
import { networkOf } from './network.ts'
import { run } from './run.ts'
import { readBed } from './state.ts'
import { swarmNodes } from './swarm.ts'
import { trusted } from './trust.ts'
import { up } from './up.ts'
import { execute, tasksOf, until, untilEnd } from './testing/tasks.ts'

const bed = inject('testbed')
const [first, second, third] = bed.nodes
if (!first || !second || !third) throw new Error('a bed of three nodes is asked for')
const manager = new Docker({ socketPath: first.socket })
const states = () => swarmNodes(first.socket).then((nodes) => Object.fromEntries(nodes.map(({ name, state }) => [name, state])))
const whole = () => swarmNodes(first.socket).then((nodes) => nodes.every(({ state, reachability }) => state === 'ready' && reachability === 'reachable'))

describe('three nodes are one Swarm', () => {
  it('of managers that reach one another', async () => {
    const seen = await swarmNodes(first.socket)
    expect(seen.map(({ name, state, reachability }) => ({ name, state, reachability })).toSorted((a, b) => (a.name < b.name ? -1 : 1)))
      .toEqual(['node1', 'node2', 'node3'].map((name) => ({ name, state: 'ready', reachability: 'reachable' })))
    expect(seen.filter(({ leader }) => leader)).toHaveLength(1)
  })
})

describe('a service of three replicas, at most one per node', () => {
  const NAME = 'testbed-web'
  const SERVER = 'require("node:http").createServer((_, answer) => answer.end(process.env.NODE_NAME)).listen(8080, "0.0.0.0")'
  let networkId = ''

  beforeAll(async () => {
    networkId = (await manager.createNetwork({ Name: NAME, Driver: 'overlay' })).id
    const auth = { username: bed.registry.user, password: bed.registry.password, serveraddress: bed.registry.address }
    await manager.createService(auth, {
      Name: NAME, Mode: { Replicated: { Replicas: 3 } }, EndpointSpec: { Mode: 'dnsrr' },
      TaskTemplate: {
        ContainerSpec: { Image: `${bed.registry.address}/${BASES.node}`, Args: ['node', '-e', SERVER], Env: ['NODE_NAME={{.Node.Hostname}}'], StopGracePeriod: 0 },
        Placement: { MaxReplicas: 1 }, Networks: [{ Target: networkId }], RestartPolicy: { Condition: 'any', Delay: 0 },
      },
    })
  })
  afterAll(async () => {
    await manager.getService(NAME).remove()
    await until(() => manager.getNetwork(networkId).remove().then(() => true, () => false)) // while tasks still end, it is in use
  })
  afterEach(async () => {
    for (const { name } of bed.nodes) {
      await plugCable(bed.name, name)
      await switchOn(bed.name, name)
    }
    await until(whole) // two of three lost at once would be a Swarm without a majority
  })

  const running = async (): Promise<readonly string[]> => (await tasksOf(manager, NAME)).map(({ node }) => node).toSorted()

  it('runs one on each, its image coming from the registry', () => vi.waitFor(async () => expect(await running()).toEqual(['node1', 'node2', 'node3']), { timeout: 120_000, interval: 100 }))

  it.each(bed.nodes)('is reached from $name on all nodes by tasks.NAME', async ({ name, socket }) => {
    const ask = `Promise.all((await require("node:dns").promises.resolve4("tasks.${NAME}")).map((ip) => fetch("http://" + ip + ":8080").then((answer) => answer.text()))).then((names) => console.log(names.sort().join(" ")))`
    await vi.waitFor(async () => {
      const task = (await tasksOf(manager, NAME)).find((each) => each.node === name)
      expect(await execute(new Docker({ socketPath: socket }), task?.container ?? '', ['node', '-e', `(async () => { await ${ask} })()`])).toBe('node1 node2 node3\n')
    }, { timeout: 120_000, interval: 200 })
  })

  it('loses a node whose cable is pulled, and has it back', async () => {
    await pullCable(bed.name, third.name)
    await until(async () => (await states())[third.name] === 'down')
    await until(async () => (await running()).join(' ') === 'node1 node2')
    await plugCable(bed.name, third.name)
    await until(async () => (await states())[third.name] === 'ready')
    await until(async () => (await running()).join(' ') === 'node1 node2 node3')
    await until(whole)
    expect(await swarmNodes(first.socket)).toHaveLength(3) // it came back as itself
  })

  it('loses a node whose power is cut, and has it back', async () => {
    await cutPower(bed.name, second.name)
    expect(await new Docker({ socketPath: second.socket }).ping().then(() => true, () => false)).toBe(false)
    await until(async () => (await states())[second.name] === 'down')
    await switchOn(bed.name, second.name)
    await until(async () => (await states())[second.name] === 'ready')
    await until(async () => (await running()).join(' ') === 'node1 node2 node3')
  })
})

describe('another bed beside it', () => {
  const NAME = `u${process.pid.toString(36)}`
  afterEach(() => down(NAME))

  /** Everything a bed may leave. */
  const left = async () => ({
    ...(await networkOf(NAME)),
    groups: groupsOf(NAME),
    mounts: readFileSync('/proc/self/mounts', 'utf8').split('\n').filter((line) => line.includes(folderOf(NAME)) || line.includes(`tb-${NAME}-`)),
    processes: (await run('ps', ['-eo', 'args'])).split('\n').filter((line) => line.includes(folderOf(NAME))),
    rules: (await run('iptables-save', [])).split('\n').filter((line) => line.includes(`tb-${NAME} `)),
    trusted: trusted(NAME),
    folder: existsSync(folderOf(NAME)),
  })
  const NOTHING = { links: [], namespaces: [], groups: [], mounts: [], processes: [], rules: [], trusted: [], folder: false }
  const options = { name: NAME, nodes: 2, swarm: true, ownerPid: null, say: () => {} }

  it('has a network of its own, and is gone without a trace', async () => {
    const other = await up(options)
    expect(other.subnet).not.toBe(readBed(bed.name)?.subnet)
    expect((await swarmNodes(other.nodes[0]?.socket ?? '')).map(({ state }) => state)).toEqual(['ready', 'ready'])
    await expect(up(options)).rejects.toThrow(`there is a test bed ${NAME} already`)
    await down(NAME)
    expect(await left()).toEqual(NOTHING)
    expect(await swarmNodes(first.socket)).toHaveLength(3)
  })

  it('is gone without a trace also when its engines were killed, a container is frozen, and what was written down is lost', async () => {
    const other = await up({ ...options, nodes: 1 })
    const node = new Docker({ socketPath: other.nodes[0]?.socket ?? '' })
    await untilEnd(await node.loadImage(await new Docker({ socketPath: bed.builder.socket }).getImage(BASES.nats).get()))
    const container = await node.createContainer({ Image: BASES.nats, HostConfig: { NetworkMode: 'none' } })
    await container.start()
    await container.pause()
    expect((await left()).processes).not.toEqual([])
    for (const pid of (await run('pgrep', ['-f', `^dockerd --data-root ${folderOf(NAME)}/`])).trim().split('\n')) process.kill(Number(pid), 'SIGKILL')
    await run('rm', [`${folderOf(NAME)}/bed.json`])
    await down(NAME)
    expect(await left()).toEqual(NOTHING)
  })

  it('ends with its owner, however that one ends', async () => {
    const owner = spawn('sleep', ['infinity'], { stdio: 'ignore' })
    await up({ ...options, nodes: 1, swarm: false, ownerPid: owner.pid ?? -1 })
    owner.kill('SIGKILL')
    await vi.waitFor(async () => expect(await left()).toEqual(NOTHING), { timeout: 120_000, interval: 200 })
  })
})
