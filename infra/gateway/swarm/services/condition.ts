import type { ServiceAnswer, Task } from './answers.ts'
import { refusalOf, versionOf } from './refusal.ts'

/** Among the annotations that describe shows. */
export const CONDITION = { update: 'swarm.update', failure: 'swarm.failure' } as const

/** Longest text of a reason. */
const MAX_TEXT = 300
/** Failures longer ago than this are history, milliseconds. */
const RECENT_MS = 600_000
const KILLED = 137

/** What is to be told of a function: an update under way or taken back, replicas that wait for a node, end or cannot begin. Empty when all is well. */
export const conditionOf = (service: ServiceAnswer | null, tasks: readonly Task[], now: number): Readonly<Record<string, string>> => {
  if (!service) return { [CONDITION.failure]: 'it has no service in the Swarm yet' }
  const update = updateOf(service)
  const failure = failureOf(service, tasks, now)
  return { ...(update === undefined ? {} : { [CONDITION.update]: update }), ...(failure === undefined ? {} : { [CONDITION.failure]: failure }) }
}

const updateOf = ({ Spec, UpdateStatus }: ServiceAnswer): string | undefined => {
  const refusal = refusalOf(Spec.Labels)
  if (refusal) return `rolled back at ${refusal.at}, the version before serves on: ${refusal.reason}`
  switch (UpdateStatus?.State) {
    case 'updating': return `under way since ${UpdateStatus.StartedAt ?? 'just now'}`
    case 'rollback_started': return `being rolled back: ${UpdateStatus.Message}`
    case 'rollback_completed': return `rolled back: ${UpdateStatus.Message}`
    case 'paused': case 'rollback_paused': return `stands still: ${UpdateStatus.Message}`
    default: return undefined
  }
}

const failureOf = (service: ServiceAnswer, tasks: readonly Task[], now: number): string | undefined => {
  const pending = tasks.find(({ DesiredState, Status }) => DesiredState === 'running' && Status.State === 'pending' && Status.Err !== '')
  if (pending) return cut(`a replica waits for a node: ${pending.Status.Err}`)
  const [newest, ...others] = failures(tasks, now)
  if (!newest) return undefined
  const times = others.length === 0 ? 'once' : `${others.length + 1} times lately`
  const which = versionOf(newest.Spec) === versionOf(service.Spec.TaskTemplate) ? 'a replica failed' : 'a replica of another version failed'
  return cut(`${which} ${times}, at last at ${newest.Status.Timestamp}: ${reasonOfTask(newest)}`)
}

/** Newest first; Swarm keeps the last five of each replica. */
const failures = (tasks: readonly Task[], now: number): readonly Task[] =>
  tasks.filter(({ Status }) => (Status.State === 'failed' || Status.State === 'rejected') && now - Date.parse(Status.Timestamp) < RECENT_MS)
    .toSorted((a, b) => Date.parse(b.Status.Timestamp) - Date.parse(a.Status.Timestamp))

/** In a sentence why a replica ended or did not begin. Swarm does not tell who was killed for want of memory: exit code 137 under a limit mostly was. */
export const reasonOfTask = ({ Spec, Status: { State, Err, Message, ContainerStatus } }: Task): string => {
  const code = ContainerStatus?.ExitCode ?? 0
  if (/unhealthy/.test(Err)) return 'its health check failed'
  if (code === KILLED) {
    const limit = Spec.Resources.Limits.MemoryBytes
    return limit === 0 ? 'it was killed' : `it was killed, most likely because it needed more memory than its limit, ${Math.floor(limit / 2 ** 20)}Mi`
  }
  if (/No such image/i.test(Err)) return `its node has no such image and could not fetch it (${Err})`
  return Err !== '' ? Err : code !== 0 ? `exit code ${code}` : `${State}: ${Message}`
}

const cut = (text: string): string => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`)
