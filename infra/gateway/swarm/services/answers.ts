import { z } from 'zod'
import type { NodeFacts } from './constraints.ts'

// What the Engine API tells, as far as it is read. Go leaves out what is empty.
const texts = z.record(z.string(), z.string()).nullish().transform((given) => given ?? {})
const count = z.number().default(0)

const nodeSchema = z.object({
  ID: z.string(),
  Spec: z.object({ Role: z.string().default('worker'), Labels: texts }),
  Description: z.object({
    Hostname: z.string().default(''),
    Platform: z.object({ Architecture: z.string().default(''), OS: z.string().default('') }).prefault({}),
    Resources: z.object({ NanoCPUs: count, MemoryBytes: count }).prefault({}),
    Engine: z.object({ Labels: texts }).prefault({}),
  }).prefault({}),
  Status: z.object({ Addr: z.string().default('') }).prefault({}),
})
export const nodesSchema = z.array(nodeSchema.transform(({ ID, Spec, Description: { Hostname, Platform, Resources, Engine }, Status }): NodeFacts => ({
  id: ID, hostname: Hostname, role: Spec.Role, address: Status.Addr, os: Platform.OS, arch: Platform.Architecture,
  labels: Spec.Labels, engineLabels: Engine.Labels, nanoCpus: Resources.NanoCPUs, memoryBytes: Resources.MemoryBytes,
})))

const taskSchema = z.object({
  ID: z.string(),
  CreatedAt: z.string(),
  ServiceID: z.string().default(''),
  Slot: count,
  NodeID: z.string().default(''),
  DesiredState: z.string(),
  Spec: z.object({ ContainerSpec: z.object({ Labels: texts }).prefault({}), Resources: z.object({ Limits: z.object({ MemoryBytes: count }).prefault({}) }).prefault({}) }),
  Status: z.object({
    Timestamp: z.string(), State: z.string(), Err: z.string().default(''), Message: z.string().default(''),
    ContainerStatus: z.object({ ContainerID: z.string().default(''), ExitCode: count }).nullish(),
  }),
})
export const tasksSchema = z.array(taskSchema)
/** One replica, or one that was. */
export type Task = z.output<typeof taskSchema>

const serviceSpecSchema = z.looseObject({
  Name: z.string(), Labels: texts,
  TaskTemplate: z.looseObject({ ContainerSpec: z.looseObject({ Labels: texts, Secrets: z.array(z.looseObject({ SecretID: z.string() })).nullish() }).optional(), ForceUpdate: count }),
})
export const serviceSchema = z.looseObject({
  ID: z.string(),
  Version: z.object({ Index: z.number() }),
  Spec: serviceSpecSchema,
  PreviousSpec: serviceSpecSchema.nullish(),
  UpdateStatus: z.object({ State: z.string().default(''), StartedAt: z.string().nullish(), CompletedAt: z.string().nullish(), Message: z.string().default('') }).nullish(),
})
export type ServiceAnswer = z.output<typeof serviceSchema>
