import { spawn } from 'node:child_process'
import { mkdirSync, openSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { look, type Identity } from '../local/processes.ts'
import { down, endAbandoned } from './down.ts'
import { ready, socketOf, startEngine } from './engine.ts'
import { BEDS, folderOf, linkOf, MOST_NODES, NAME } from './names.ts'
import { makeBridge, makeNode } from './network.ts'
import { prepareRegistry, startRegistry } from './registry.ts'
import { hindrance } from './requirements.ts'
import { writeBed, type Bed, type BedNode } from './state.ts'
import { formSwarm } from './swarm.ts'
import { TestbedError } from './testbed-error.ts'
import { trust } from './trust.ts'

export type UpOptions = {
  readonly name: string
  readonly nodes: number
  /** False: the engines run, and are to be made a Swarm by whoever asked. */
  readonly swarm: boolean
  /** Process whose end is the bed's. */
  readonly ownerPid: number | null
  /** Told in a few words what is being done. */
  readonly say: (text: string) => void
}

/** Brings a bed up whole, or not at all. @throws TestbedError that says what is missing or what failed */
export const up = async (options: UpOptions): Promise<Bed> => {
  const { name, nodes: count, ownerPid, say } = options
  const why = hindrance()
  if (why !== null) throw new TestbedError(why)
  if (!NAME.test(name)) throw new TestbedError(`name ${name}: a small letter, then at most nine small letters and digits`)
  if (!Number.isInteger(count) || count < 1 || count > MOST_NODES) throw new TestbedError(`nodes: 1 to ${MOST_NODES}`)
  const owner = ownerPid === null ? null : identityOf(ownerPid)
  await endAbandoned(say)
  take(name)
  try {
    return await build(options, owner)
  } catch (error) {
    await down(name)
    throw error
  }
}

/** Whoever makes the folder has the name. */
const take = (name: string): void => {
  mkdirSync(BEDS, { recursive: true })
  try {
    mkdirSync(folderOf(name), { mode: 0o711 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new TestbedError(`there is a test bed ${name} already; end it: npm run testbed -- down --name ${name}`)
    throw error
  }
}

const build = async ({ name, nodes: count, swarm, say }: UpOptions, owner: Identity | null): Promise<Bed> => {
  const starter = identityOf(process.pid)
  const keeper = startKeeper(name, starter)
  say('network')
  const subnet = await makeBridge(name)
  const gateway = `${subnet}.1`
  const nodes = Array.from({ length: count }, (_, index): BedNode => {
    const number = index + 1
    return { name: `node${number}`, number, address: `${subnet}.${10 + number}`, socket: socketOf(name, `node${number}`), link: linkOf(name, number) }
  })
  const registry = await prepareRegistry(name, gateway)
  let bed = writeBed({ name, phase: 'starting', subnet: `${subnet}.0/24`, gateway, swarm, nodes, builder: { socket: socketOf(name, 'builder') }, registry, owner, starter, processes: { keeper } })
  const started = (what: string, process: Identity): void => void (bed = writeBed({ ...bed, processes: { ...bed.processes, [what]: process } }))
  for (const node of nodes) await makeNode(name, node)

  say('engines and registry')
  trust(name, registry, [...nodes.map((node) => node.name), 'builder'])
  for (const node of nodes) started(node.name, startEngine({ bed: name, name: node.name, link: node.link }))
  started('builder', startEngine({ bed: name, name: 'builder', link: null }))
  started('registry', await startRegistry(name, registry))
  await Promise.all([...nodes.map((node) => ready(name, node.name)), ready(name, 'builder')])
  if (swarm) {
    say('Swarm')
    await formSwarm(nodes)
  }
  return writeBed({ ...bed, phase: 'up' })
}

/** A process that outlives this one, and takes the bed down when nobody is left who needs it. */
const startKeeper = (name: string, starter: Identity): Identity => {
  const log = openSync(join(folderOf(name), 'keeper.log'), 'a')
  const child = spawn(process.execPath, [fileURLToPath(new URL('keeper.ts', import.meta.url)), name, String(starter.pid), starter.started], { detached: true, stdio: ['ignore', log, log], cwd: '/' })
  child.unref()
  closeSync(log)
  return identityOf(child.pid ?? -1)
}

const identityOf = (pid: number): Identity => {
  const seen = look(pid)
  if (!seen) throw new TestbedError(`there is no process ${pid}`)
  return { pid: seen.pid, started: seen.started }
}
