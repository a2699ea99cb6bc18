import { z } from 'zod'
import { docker } from '../images/docker.ts'

/** The engine of DOCKER_HOST, or of docker's context, as the commands of the cluster ask it. */

const line = <T>(schema: z.ZodType<T>) => (output: string): readonly T[] => output.split('\n').filter(Boolean).map((text) => schema.parse(JSON.parse(text)))

const infoSchema = z.object({
  Name: z.string(), ServerVersion: z.string(), OSType: z.string(),
  Swarm: z.object({ NodeID: z.string(), NodeAddr: z.string(), LocalNodeState: z.string(), ControlAvailable: z.boolean() }),
})
export type EngineInfo = z.infer<typeof infoSchema>
export const engineInfo = async (): Promise<EngineInfo> => infoSchema.parse(JSON.parse(await docker(['info', '--format', '{{json .}}'])))

const nodeSchema = z.object({
  ID: z.string(),
  Spec: z.object({ Role: z.enum(['manager', 'worker']), Availability: z.enum(['active', 'pause', 'drain']), Labels: z.record(z.string(), z.string()).nullish() }),
  Description: z.object({ Hostname: z.string() }),
  Status: z.object({ State: z.string(), Addr: z.string() }),
  ManagerStatus: z.object({ Leader: z.boolean().optional(), Reachability: z.string(), Addr: z.string() }).optional(),
  CreatedAt: z.string(),
})
export type Node = {
  readonly id: string
  readonly name: string
  readonly address: string
  readonly role: 'manager' | 'worker'
  readonly availability: 'active' | 'pause' | 'drain'
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
  readonly joined: string
  readonly isLeader: boolean
}

/** All nodes, the longest in the Swarm first. @throws Error when the engine is no manager */
export const listNodes = async (): Promise<readonly Node[]> => {
  const ids = (await docker(['node', 'ls', '--quiet'])).split('\n').filter(Boolean)
  const seen = line(nodeSchema)(await docker(['node', 'inspect', '--format', '{{json .}}', ...ids]))
  return seen.map(({ ID, Spec, Description, Status, ManagerStatus, CreatedAt }) => ({
    id: ID, name: Description.Hostname, role: Spec.Role, availability: Spec.Availability, state: Status.State, labels: Spec.Labels ?? {}, joined: CreatedAt,
    // the leader tells its own address as the one it listens on
    address: ManagerStatus && Status.Addr === '0.0.0.0' ? ManagerStatus.Addr.replace(/:\d+$/, '') : Status.Addr,
    isLeader: ManagerStatus?.Leader ?? false,
  })).toSorted((a, b) => (a.joined < b.joined ? -1 : 1))
}

const serviceSchema = z.object({ ID: z.string(), Name: z.string(), Mode: z.string(), Replicas: z.string(), Image: z.string() })
export type Service = z.infer<typeof serviceSchema>
export const listServices = async (filter: string): Promise<readonly Service[]> => line(serviceSchema)(await docker(['service', 'ls', '--filter', filter, '--format', '{{json .}}']))

const taskSchema = z.object({ Name: z.string(), Node: z.string(), DesiredState: z.string(), CurrentState: z.string(), Error: z.string(), Image: z.string() })
export type Task = z.infer<typeof taskSchema>
/** Tasks of a service that should run, and how the last ones ended. */
export const listTasks = async (service: string): Promise<readonly Task[]> => line(taskSchema)(await docker(['service', 'ps', '--no-trunc', '--format', '{{json .}}', service]))

/** Names of what there is of a kind: `network`, `secret`, `volume`, `config`. */
export const listNames = async (kind: 'network' | 'secret' | 'volume' | 'config'): Promise<ReadonlySet<string>> =>
  new Set((await docker([kind, 'ls', '--format', '{{.Name}}'])).split('\n').filter(Boolean))
