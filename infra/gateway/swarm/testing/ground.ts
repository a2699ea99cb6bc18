import type { NatsServer } from '../../../testing/servers.ts'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logger } from '../../../log.ts'
import type { Testbed } from '../../../testbed/testing/testbed.ts'
import { execute, until } from '../../../testbed/testing/tasks.ts'
import { KEYS, startGateway, type TestGateway } from '../../testing/gateway.ts'
import { openEngine, type Engine } from '../engine.ts'
import { swarmHost } from '../host.ts'
import { LABEL, serviceName } from '../labels.ts'
import { openRouting } from '../routing/open.ts'
import { tasksSchema, type Task } from '../services/answers.ts'
import type { Platform } from '../services/platform.ts'
import { registryAuth } from '../services/registry-auth.ts'
import { openServices } from '../services/services.ts'

/** A part of a Swarm of its own: what is made here has its scope, and goes with it. */
export type Ground = {
  readonly scope: string
  /** Of the first node; a manager. */
  readonly engine: Engine
  /** A gateway that asks the node of that number (0), and shares its functions with the others on this ground. */
  gateway(options: { readonly nats: NatsServer; readonly node?: number; readonly platform?: Partial<Platform>; readonly login?: boolean; readonly namespaceNetworks?: readonly string[] }): Promise<TestGateway>
  service(name: string): string
  /** All that Swarm remembers of a function's replicas, newest first. */
  tasks(name: string): Promise<readonly Task[]>
  running(name: string): Promise<readonly Task[]>
  /** What a command prints in one running replica. */
  execute(name: string, command: readonly string[]): Promise<string>
  clear(): Promise<void>
}

export const openGround = (bed: Testbed): Ground => {
  const scope = `t${randomBytes(3).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), 'orp-swarm-'))
  const engines = bed.nodes.map(({ socket }) => openEngine(socket))
  const [engine] = engines
  if (!engine) throw new Error('a bed has nodes')
  const service = (name: string): string => serviceName(scope, `${name}.openfaas-fn`)
  const tasks = async (name: string): Promise<readonly Task[]> =>
    tasksSchema.parse(await engine.listTasks({ filters: { service: [service(name)] } })).toSorted((a, b) => Date.parse(b.CreatedAt) - Date.parse(a.CreatedAt))
  const running = async (name: string): Promise<readonly Task[]> => (await tasks(name)).filter(({ DesiredState, Status }) => DesiredState === 'running' && Status.State === 'running')
  const ours = { filters: { label: [`${LABEL.scope}=${scope}`] } }
  return {
    scope, engine, service, tasks, running,
    gateway: ({ nats, node = 0, platform = {}, login = true, namespaceNetworks = [] }) => {
      const own = engines[node] ?? engine
      const log = logger('gateway', process.env['LOG_LEVEL'] ?? 'silent')
      const auth = join(folder, `registry-auth-${login}`)
      writeFileSync(auth, JSON.stringify({ auths: login ? { [bed.registry.address]: { auth: Buffer.from(`${bed.registry.user}:${bed.registry.password}`).toString('base64') } } : {} }), { mode: 0o600 })
      const services = openServices({
        engine: own, scope, log, network: `${scope}-functions`, key: KEYS.signingKey, timeoutSeconds: 10, auth: registryAuth(auth),
        platform: { images: '', network: `${scope}-platform`, secrets: new Map(), environment: {}, ...platform },
      })
      return startGateway({ nats, handlers: {}, instance: `gateway-${node + 1}`, namespaceNetworks, host: swarmHost(services, openRouting({ engine: own, scope, timeoutSeconds: 10, log })) })
    },
    execute: async (name, command) => {
      const [task] = await running(name)
      const socket = (await nodeOf(engine, task?.NodeID ?? '', bed))
      return execute(openEngine(socket), task?.Status.ContainerStatus?.ContainerID ?? '', command)
    },
    clear: async () => {
      for (const { ID } of await engine.listServices(ours)) await engine.getService(ID).remove()
      await until(async () => (await Promise.all((await engine.listSecrets(ours)).map(({ ID }) => engine.getSecret(ID).remove().then(() => true, () => false)))).every(Boolean))
      // while tasks still end, it is in use
      await until(async () => (await Promise.all((await engine.listNetworks(ours)).map(({ Id }) => engine.getNetwork(Id).remove().then(() => true, () => false)))).every(Boolean))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const nodeOf = async (engine: Engine, id: string, bed: Testbed): Promise<string> => {
  const { Description } = (await engine.getNode(id).inspect()) as { readonly Description: { readonly Hostname: string } }
  const found = bed.nodes.find(({ name }) => name === Description.Hostname)
  if (!found) throw new Error(`${Description.Hostname} is no node of the bed`)
  return found.socket
}
