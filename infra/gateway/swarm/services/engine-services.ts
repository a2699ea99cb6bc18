import type { AuthConfig, ServiceSpec } from 'dockerode'
import { z } from 'zod'
import { orNull, reasonOf, statusOf, type Engine } from '../engine.ts'
import { LABEL } from '../labels.ts'
import { nodesSchema, serviceSchema, tasksSchema, type ServiceAnswer, type Task } from './answers.ts'
import type { NodeFacts } from './constraints.ts'

/** Services of a Swarm as they are, and changes of them that lose no race. */
export type EngineServices = {
  /** All of this scope. */
  list(): Promise<readonly ServiceAnswer[]>
  find(name: string): Promise<ServiceAnswer | null>
  tasks(serviceId: string): Promise<readonly Task[]>
  nodes(): Promise<readonly NodeFacts[]>
  /** false: there is one of that name by now. */
  create(spec: ServiceSpec, auth: AuthConfig | undefined): Promise<boolean>
  /** false: somebody changed or removed it since it was read. */
  update(service: ServiceAnswer, spec: ServiceSpec, auth: AuthConfig | undefined): Promise<boolean>
  remove(service: ServiceAnswer): Promise<void>
}

export const engineServices = (engine: Engine, scope: string): EngineServices => ({
  list: async () => z.array(serviceSchema).parse(await engine.listServices({ filters: { label: [`${LABEL.scope}=${scope}`] } })),
  find: async (name) => {
    const found: unknown = await orNull(engine.getService(name).inspect())
    return found === null ? null : serviceSchema.parse(found)
  },
  tasks: async (serviceId) => tasksSchema.parse(await engine.listTasks({ filters: { service: [serviceId] } })),
  nodes: async () => nodesSchema.parse(await engine.listNodes()),
  create: async (spec, auth) => {
    try {
      await engine.createService(auth ?? {}, spec) // with one argument dockerode sends the spec as credentials too
      return true
    } catch (error) {
      if (statusOf(error) === 409) return false
      throw error
    }
  },
  update: async ({ ID, Version, Spec }, spec, auth) => {
    const task = { ...spec.TaskTemplate, ForceUpdate: Spec.TaskTemplate.ForceUpdate }
    try {
      // what stands in the body is no query: a spec is longer than a URL may be
      await engine.getService(ID).update({ ...(auth ? { authconfig: auth } : {}), _query: { version: Version.Index }, _body: { ...spec, TaskTemplate: task } })
      return true
    } catch (error) {
      if (statusOf(error) === 404 || /out of sequence/.test(reasonOf(error))) return false
      throw error
    }
  },
  remove: async ({ ID }) => void (await orNull(engine.getService(ID).remove())),
})
