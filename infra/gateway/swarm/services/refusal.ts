import { z } from 'zod'
import type { ServiceAnswer, Task } from './answers.ts'
import { LABEL } from '../labels.ts'

/**
 * A version that Swarm took back, kept as a label of the service: it is not tried again until somebody deploys once more. Swarm
 * itself forgets it with the next change.
 */
const refusalSchema = z.strictObject({ version: z.string(), deployedAt: z.string(), at: z.string(), reason: z.string() })
export type Refusal = z.output<typeof refusalSchema>

/** Label of a service. */
export const REFUSED = 'one-record.gateway.refused'

export const refusalOf = (labels: Readonly<Record<string, string>>): Refusal | undefined => {
  const text = labels[REFUSED]
  return text === undefined ? undefined : refusalSchema.safeParse(parse(text)).data
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null // changed by hand: it counts as none
  }
}

/** Whether Swarm goes back, or went back, from an update to this version. `tasks` of the service. */
export const isTakenBack = ({ Spec, UpdateStatus }: ServiceAnswer, version: string, tasks: readonly Task[]): boolean => {
  if (!UpdateStatus?.State.startsWith('rollback_') || versionOf(Spec.TaskTemplate) === version) return false
  const began = Date.parse(UpdateStatus.StartedAt ?? '')
  return tasks.some((task) => versionOf(task.Spec) === version && !(Date.parse(task.CreatedAt) < began))
}

/** Of a task, or of what a service makes its tasks from. */
export const versionOf = ({ ContainerSpec }: { readonly ContainerSpec?: { readonly Labels?: Readonly<Record<string, string>> | undefined } | undefined }): string | undefined => ContainerSpec?.Labels?.[LABEL.version]
