import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type Docker from 'dockerode'
import { vi } from 'vitest'
import { CLAIM_HEADER, claimHeader } from '../../claim-secret.ts'
import { openEngine } from '../../gateway/swarm/engine.ts'
import { SLOT_LABEL } from '../../slot-keeper/labels.ts'
import type { Testbed } from '../../testbed/testing/testbed.ts'
import { execute, tasksOf, until } from '../../testbed/testing/tasks.ts'
import { SIGNING_KEY, startGround } from './agent.ts'

const run = promisify(execFile)

/** So long a condition on three engines and two cores may take. */
export const LONG = { timeout: 60_000, interval: 200 }

/** Builds images of this checkout with the bed's builder and pushes them to its registry; resolves to their names by part. */
export const pushImages = async ({ builder, registry }: Testbed, names: readonly string[], tag: string): Promise<Readonly<Record<string, string>>> => {
  const prefix = `${registry.address}/slots-test`
  await run(process.execPath, [join(import.meta.dirname, '../../images/main.ts'), ...names, '--tag', tag, '--push', prefix], {
    env: { ...process.env, IMAGE_PREFIX: 'slots-test', DOCKER_HOST: `unix://${builder.socket}`, DOCKER_CONFIG: registry.dockerConfig },
  })
  return Object.fromEntries(names.map((name) => [name, `${prefix}/${name}:${tag}`]))
}

/** The same slots by another image. */
export const pushVariant = async ({ builder, registry }: Testbed, image: string): Promise<string> => {
  const variant = `${image}-variant`
  const environment = { ...process.env, DOCKER_HOST: `unix://${builder.socket}`, DOCKER_CONFIG: registry.dockerConfig }
  const building = run('docker', ['build', '--network', 'none', '--tag', variant, '-'], { env: environment })
  building.child.stdin?.end(`FROM ${image}\nLABEL variant=1\n`)
  await building
  await run('docker', ['push', '--quiet', variant], { env: environment })
  return variant
}

/** Agents on all nodes, keepers, and what they share, each test's own: removed by `end`, slots too. */
export const startSwarm = async (bed: Testbed, images: { readonly agent: string; readonly keeper: string; readonly slot: string }) => {
  const [first] = bed.nodes
  if (!first) throw new Error('a bed with nodes is asked for')
  const ground = await startGround({ address: bed.gateway })
  const docker = openEngine(first.socket)
  const engines = new Map(bed.nodes.map(({ name, socket }) => [name, openEngine(socket)]))
  const engineOf = (node: string): Docker => engines.get(node) ?? docker
  const pool = `slots-${randomBytes(3).toString('hex')}`
  const auth = { username: bed.registry.user, password: bed.registry.password, serveraddress: bed.registry.address }
  const network = (await docker.createNetwork({ Name: pool, Driver: 'overlay', Attachable: false })).id
  const secret = async (name: string, value: string) => ({ SecretID: (await docker.createSecret({ Name: `${pool}-${name}`, Data: Buffer.from(value).toString('base64') })).id, SecretName: `${pool}-${name}`, File: { Name: name, UID: '0', GID: '0', Mode: 0o400 } })
  const secrets = [await secret('signing-key', SIGNING_KEY), await secret('registry-auth', JSON.stringify({ auths: { [bed.registry.address]: { auth: Buffer.from(`${bed.registry.user}:${bed.registry.password}`).toString('base64') } } }))]
  const socket = first.socket.replace(`/${first.name}/`, '/{{.Node.Hostname}}/')
  const begin = async (name: string, image: string, mode: object, environment: Readonly<Record<string, string>>, mounts: readonly object[], placement: object = {}) => {
    const own = { NODE_NAME: '{{.Node.Hostname}}', NATS_URL: ground.natsUrl, SLOT_POOL: pool, SLOT_NETWORK: pool, SLOT_CONTROL_VOLUME: pool, LOG_LEVEL: 'info', ...environment }
    await docker.createService(auth, {
      Name: `${pool}-${name}`, Mode: mode, EndpointSpec: { Mode: 'dnsrr' },
      TaskTemplate: {
        ContainerSpec: {
          Image: image, User: '0:0', Env: Object.entries(own).map(([key, value]) => `${key}=${value}`), StopGracePeriod: 10_000_000_000,
          Secrets: secrets, Mounts: [{ Type: 'bind', Source: socket, Target: '/var/run/docker.sock' }, ...mounts],
        },
        Placement: placement, Networks: [{ Target: network }], RestartPolicy: { Condition: 'any', Delay: 0 },
      },
    } as Docker.CreateServiceOptions)
    return `${pool}-${name}`
  }
  const agentService = await begin('agent', images.agent, { Global: {} }, { SLOT_RUNTIME: 'swarm', AGENT_STOP: 'keep', HOST_PROC: '/host/proc' }, [
    { Type: 'bind', Source: '/proc', Target: '/host/proc', ReadOnly: true }, { Type: 'bind', Source: '/sys/fs/cgroup', Target: '/sys/fs/cgroup' },
    { Type: 'volume', Source: `${pool}-state`, Target: '/tmp/data' },
    { Type: 'volume', Source: pool, Target: '/run/slot-control', VolumeOptions: { DriverConfig: { Name: 'local', Options: { type: 'tmpfs', device: 'tmpfs', o: 'size=16m,mode=1733' } } } },
  ])
  const keeperOf = (image: string) => ({ SLOT_IMAGE: image, SPARE_SLOTS: '1', MAX_SLOTS: '6', SPARE_PATIENCE_SECONDS: '3' })
  const keeperService = await begin('keeper', images.keeper, { Replicated: { Replicas: 2 } }, keeperOf(images.slot), [])

  /** Containers of slots that run on a node, by full id. */
  const slotsOn = async (node: string) => (await engineOf(node).listContainers({ filters: { label: [`${SLOT_LABEL.pool}=${pool}`], status: ['running'] } })).map(({ Id, Labels }) => ({ id: Id, generation: Labels[SLOT_LABEL.generation] ?? '' }))
  const containersOf = async (service: string) =>
    (await Promise.all(bed.nodes.map(async ({ name }) => (await engineOf(name).listContainers({ filters: { label: [`com.docker.swarm.service.name=${service}`] } })).map(({ Id }) => engineOf(name).getContainer(Id))))).flat()
  const slots = async () => (await Promise.all(bed.nodes.map(async ({ name }) => (await slotsOn(name)).map((slot) => ({ ...slot, node: name }))))).flat()
  const agentOn = async (node: string): Promise<string> => {
    let container = ''
    await vi.waitFor(async () => {
      container = (await tasksOf(docker, agentService)).find((task) => task.node === node)?.container ?? ''
      if (container === '') throw new Error(`no agent runs on ${node}`)
    }, LONG)
    return container
  }
  return {
    ground, docker, engineOf, pool, slots, slotsOn, agentService, keeperService, agentOn,
    /** A request as an edge of `from` sends it over the network of slots: status and body. */
    visit: async (from: string, address: string, claimId: string): Promise<{ readonly status: number; readonly body: string }> => {
      const ask = `fetch('http://${address}/', { headers: { '${CLAIM_HEADER}': '${claimHeader(SIGNING_KEY, claimId)}' }, signal: AbortSignal.timeout(20000) }).then(async (answer) => console.log(JSON.stringify({ status: answer.status, body: await answer.text() })), (error) => console.log(JSON.stringify({ status: 0, body: String(error.cause ?? error) })))`
      const said = await execute(engineOf(from), await agentOn(from), ['node', '-e', ask])
      return JSON.parse(said) as { readonly status: number; readonly body: string }
    },
    keepers: () => containersOf(keeperService),
    /** Other variables of the keepers from now on. */
    configure: async (changes: Readonly<Record<string, string>>) => {
      const service = docker.getService(keeperService)
      const { Spec, Version } = await service.inspect() as { readonly Spec: { readonly TaskTemplate: { readonly ContainerSpec: { readonly Env: readonly string[] } } }; readonly Version: { readonly Index: number } }
      const { ContainerSpec } = Spec.TaskTemplate
      const Env = [...ContainerSpec.Env.filter((one) => !Object.keys(changes).includes(one.slice(0, one.indexOf('=')))), ...Object.entries(changes).map(([key, value]) => `${key}=${value}`)]
      await service.update({ authconfig: auth, _query: { version: Version.Index }, _body: { ...Spec, TaskTemplate: { ...Spec.TaskTemplate, ContainerSpec: { ...ContainerSpec, Env } } } })
    },
    /** Slot services: name and replicas. */
    services: async () => (await docker.listServices({ filters: { label: [`${SLOT_LABEL.pool}=${pool}`] } })).map(({ ID, Spec }) => ({ id: ID, name: Spec?.Name ?? '', replicas: Spec?.Mode?.Replicated?.Replicas ?? 0 })),
    end: async () => {
      const gone = (removing: Promise<unknown>) => removing.then(() => true, (error: unknown) => String(error).includes('404'))
      await gone(docker.getService(keeperService).remove())
      await until(async () => (await containersOf(keeperService)).length === 0) // one that still leads would make them anew
      const services = await docker.listServices({ filters: { label: [`${SLOT_LABEL.pool}=${pool}`] } })
      await Promise.all(services.map(({ ID }) => gone(docker.getService(ID).remove())))
      await until(async () => (await slots()).length === 0)
      await gone(docker.getService(agentService).remove())
      for (const { SecretID } of secrets) await until(() => gone(docker.getSecret(SecretID).remove()))
      await until(() => gone(docker.getNetwork(network).remove()))
      for (const { name } of bed.nodes) for (const volume of [pool, `${pool}-state`]) await until(() => gone(engineOf(name).getVolume(volume).remove()))
      await ground.stop()
    },
  }
}
