import { z } from 'zod'
import { LABEL } from '../labels.ts'
import { contains, type Subnet } from './subnets.ts'

/**
 * A container of a function, as the Swarm tells of it. `coming`: not started yet; `starting`: it runs and has not passed its health check;
 * `running`: it has, or has none.
 */
export type Placed = {
  readonly taskId: string
  /** `name.namespace`. */
  readonly functionId: string
  readonly serviceId: string
  /** Replicas of a service are numbered; an update replaces number by number. */
  readonly slot: number
  readonly node: string
  /** On a network that the gateway is on too; null while there is none. */
  readonly address: string | null
  readonly state: 'coming' | 'starting' | 'running'
  /** RFC 3339, nanoseconds. */
  readonly createdAt: string
}

/** Of `GET /tasks` (Engine API 1.41), what is read here. */
const taskSchema = z.object({
  ID: z.string(),
  CreatedAt: z.string(),
  ServiceID: z.string(),
  Slot: z.number().optional(),
  NodeID: z.string().optional(),
  Spec: z.object({ ContainerSpec: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).optional() }),
  Status: z.object({ State: z.string() }),
  NetworksAttachments: z.array(z.object({ Addresses: z.array(z.string()).nullish() })).nullish(),
})
type Task = z.output<typeof taskSchema>
const tasksSchema = z.array(taskSchema)

/** Tasks that are wanted to run, as the engine lists them; those that ended already are left out. `own`: the subnets the gateway is on. */
export const placedOf = (listed: unknown, own: readonly Subnet[]): readonly Placed[] => {
  const placed: Placed[] = []
  for (const task of tasksSchema.parse(listed)) {
    const functionId = task.Spec.ContainerSpec?.Labels?.[LABEL.function]
    const state = stateOf(task.Status.State)
    if (functionId === undefined || state === null) continue
    const { ID: taskId, ServiceID: serviceId, Slot: slot = 0, NodeID: node = '', CreatedAt: createdAt } = task
    placed.push({ taskId, functionId, serviceId, slot, node, createdAt, state, address: addressOf(task, own) })
  }
  return placed
}

const stateOf = (state: string): Placed['state'] | null => {
  if (state === 'running') return 'running'
  if (state === 'starting') return 'starting'
  return COMING.has(state) ? 'coming' : null
}

/** States before a container starts, as SwarmKit has them. */
const COMING: ReadonlySet<string> = new Set(['new', 'allocated', 'pending', 'assigned', 'accepted', 'preparing', 'ready'])

const addressOf = ({ NetworksAttachments: attachments }: Task, own: readonly Subnet[]): string | null => {
  const addresses = (attachments ?? []).flatMap(({ Addresses }) => Addresses ?? []).map((address) => address.replace(/\/\d+$/, ''))
  return addresses.find((address) => own.some((subnet) => contains(subnet, address))) ?? null
}
