import type { Service, Task as SwarmTask } from 'dockerode'
import { z } from 'zod'
import { planSchema, type Plan } from '../../events/deployment/settings.ts'
import { orNull, statusOf, type Engine } from '../gateway/swarm/engine.ts'
import type { RegistryAuth } from '../gateway/swarm/services/registry-auth.ts'
import { SLOT_LABEL } from './labels.ts'
import type { Generation, Task } from './seen.ts'
import { serviceSpec, type Making } from './spec.ts'

/** The slot services of one pool. Whatever changes one does so under a fence: the number of a lease, which only grows. */
export type SlotServices = {
  /** All generations of all plans, as they are now. */
  look(): Promise<readonly Generation[]>
  /** The newest fence that any of them was changed under. */
  newestFence(): Promise<number>
  /** From now on nobody with an older fence changes them. @throws Fenced when somebody has a newer one */
  takeOver(fence: number): Promise<void>
  /** One that is there already stays as it is. */
  create(plan: Plan, replicas: number, fence: number, making: Making): Promise<void>
  /** Does nothing when it has not `from` replicas any more. @throws Fenced */
  scale(service: string, from: number, to: number, fence: number): Promise<void>
  /** @throws Fenced */
  remove(service: string, fence: number): Promise<void>
}

/** Somebody leads who began later. */
export class Fenced extends Error {}

const taskSchema = z.object({
  ServiceID: z.string(), Slot: z.int().default(0), NodeID: z.string().default(''), DesiredState: z.string(), CreatedAt: z.string(),
  Status: z.object({ State: z.string(), Err: z.string().optional() }),
})
const nodeSchema = z.object({ ID: z.string(), Description: z.object({ Hostname: z.string() }) })
type TaskSeen = z.output<typeof taskSchema>

export const slotServices = (engine: Engine, pool: string, auth: RegistryAuth): SlotServices => {
  const list = async (): Promise<readonly Service[]> => engine.listServices({ filters: { label: [`${SLOT_LABEL.pool}=${pool}`] } })
  const fenceOf = ({ Spec }: Service): number => Number(Spec?.Labels?.[SLOT_LABEL.fence] ?? 0)
  /** Between the look and the change nobody else changes it: its version says so. */
  const change = async (service: string, fence: number, changed: (spec: NonNullable<Service['Spec']>) => object | null): Promise<void> => {
    for (;;) {
      const found = (await orNull(engine.getService(service).inspect())) as Service | null
      if (!found?.Spec) return
      if (fenceOf(found) > fence) throw new Fenced(`service ${service} was changed under a newer lease`)
      const spec = changed(found.Spec)
      if (spec === null) return
      try {
        const authconfig = await auth.of(imageOf(found.Spec))
        const _body = { ...spec, Labels: { ...found.Spec.Labels, [SLOT_LABEL.fence]: String(fence) } }
        await engine.getService(service).update({ ...(authconfig ? { authconfig } : {}), _query: { version: found.Version?.Index }, _body })
        return
      } catch (error) {
        if (!String(error).includes('update out of sequence')) throw error
      }
    }
  }

  return {
    look: async () => {
      const [services, nodes] = await Promise.all([list(), engine.listNodes()])
      if (services.length === 0) return []
      const names = new Map(nodes.map((node) => nodeSchema.parse(node)).map(({ ID, Description }) => [ID, Description.Hostname]))
      const tasks = (await engine.listTasks({ filters: { service: services.map(({ ID }) => ID) } }) as readonly SwarmTask[]).map((task) => taskSchema.parse(task))
      return services.flatMap((service) => generationOf(service, tasks.filter(({ ServiceID }) => ServiceID === service.ID), names) ?? [])
    },
    newestFence: async () => Math.max(0, ...(await list()).map(fenceOf)),
    takeOver: async (fence) => {
      for (const { ID } of await list()) await change(ID, fence, (spec) => spec)
    },
    create: async (plan, replicas, fence, making) => {
      const spec = serviceSpec(plan, replicas, fence, making)
      const authconfig = await auth.of(making.image)
      // with one argument its library would take the specification for the credentials
      await engine.createService(authconfig ?? {}, spec).catch((error: unknown) => {
        if (statusOf(error) !== 409) throw error
      })
    },
    scale: (service, from, to, fence) => change(service, fence, (spec) => (spec.Mode?.Replicated?.Replicas === from ? { ...spec, Mode: { Replicated: { Replicas: to } } } : null)),
    remove: async (service, fence) => {
      await change(service, fence, (spec) => spec)
      await orNull(engine.getService(service).remove())
    },
  }
}

/** null for one of a plan that is offered no more: nobody's business here. */
const generationOf = ({ ID, Spec, CreatedAt }: Service, tasks: readonly TaskSeen[], nodes: ReadonlyMap<string, string>): Generation | null => {
  const plan = planSchema.safeParse(Spec?.Labels?.[SLOT_LABEL.plan])
  const generation = Spec?.Labels?.[SLOT_LABEL.generation]
  if (!plan.success || generation === undefined) return null
  return { service: ID, plan: plan.data, generation, replicas: Spec?.Mode?.Replicated?.Replicas ?? 0, createdAt: CreatedAt ?? '', tasks: placesOf(tasks, nodes) }
}

const imageOf = (spec: NonNullable<Service['Spec']>): string => {
  const { TaskTemplate } = spec as { readonly TaskTemplate?: { readonly ContainerSpec?: { readonly Image?: string } } }
  return TaskTemplate?.ContainerSpec?.Image ?? ''
}

/** One task for each place that Swarm counts: the one that it wants to run there, or the newest, which ended. */
export const placesOf = (tasks: readonly TaskSeen[], nodes: ReadonlyMap<string, string>): readonly Task[] => {
  const places = new Map<number, TaskSeen>()
  for (const task of tasks.toSorted((a, b) => rank(a) - rank(b) || Date.parse(a.CreatedAt) - Date.parse(b.CreatedAt))) if (task.DesiredState !== 'remove') places.set(task.Slot, task)
  return [...places].map(([place, { NodeID, Status }]) => ({ place, node: NodeID === '' ? null : (nodes.get(NodeID) ?? NodeID), state: STATES[Status.State] ?? 'failed', error: Status.Err ?? null }))
}

/** Those that are to run are told last. */
const rank = ({ DesiredState }: TaskSeen): number => (DesiredState === 'shutdown' ? 0 : 1)

const STATES: Readonly<Record<string, Task['state']>> = {
  new: 'beginning', allocated: 'beginning', pending: 'beginning', assigned: 'beginning', accepted: 'beginning', preparing: 'beginning', ready: 'beginning', starting: 'beginning',
  running: 'running', complete: 'ended',
}
