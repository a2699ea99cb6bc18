import { replicaAt, type Replica } from './replica.ts'
import type { Placed } from './tasks.ts'

/**
 * Which replicas of which function can be called, in memory: a call looks nothing up. It is as the Swarm last told, and stays so
 * while the Swarm cannot be asked.
 */
export type RoutingTable = {
  of(functionId: string): readonly Replica[]
  all(): Iterable<Replica>
  /** Containers that are started and not known to answer. */
  starting(): readonly Placed[]
  /** Whether anything of the function is there or on its way. */
  isExpected(functionId: string): boolean
  /** Takes over a list of all there are; true when it said something new. */
  apply(placed: readonly Placed[]): boolean
  /** A container that is starting answers, before the Swarm knows. */
  answers(taskId: string): void
  /** A container ends: no more calls, whatever an older list says. */
  ends(taskId: string): void
  /** A service was removed. */
  removed(serviceId: string): void
  /** Somebody may find now what was not there a moment ago. */
  onChange(listener: () => void): void
  changed(): void
}

export const routingTable = (port: number): RoutingTable => {
  const placed = new Map<string, Placed>()
  const replicas = new Map<string, Replica>()
  const answering = new Set<string>()
  const ended = new Set<string>()
  const listeners = new Set<() => void>()
  let byFunction = new Map<string, readonly Replica[]>()
  let last = ''

  const changed = () => listeners.forEach((listener) => listener())
  const isReady = ({ taskId, state, address }: Placed): boolean => address !== null && (state === 'running' || (state === 'starting' && answering.has(taskId)))

  /** Makes the replicas what `placed` says; connections of those that go end with their calls. */
  const follow = () => {
    for (const [taskId, replica] of replicas) {
      const one = placed.get(taskId)
      if (one && isReady(one)) continue
      replica.pool.retire()
      replicas.delete(taskId)
    }
    for (const one of placed.values()) if (isReady(one) && one.address !== null && !replicas.has(one.taskId)) replicas.set(one.taskId, replicaAt(one, one.address, port))
    const newest = new Map<string, Placed>()
    for (const one of placed.values()) {
      const before = newest.get(numberOf(one))
      if (one.state !== 'coming' && (!before || before.createdAt < one.createdAt)) newest.set(numberOf(one), one)
    }
    byFunction = new Map()
    for (const [taskId, replica] of replicas) {
      const own = placed.get(taskId)
      replica.isSuperseded = own !== undefined && newest.get(numberOf(own)) !== own
      byFunction.set(replica.functionId, [...(byFunction.get(replica.functionId) ?? []), replica])
    }
    changed()
  }
  const drop = (which: (one: Placed) => boolean) => {
    for (const one of [...placed.values()].filter(which)) {
      ended.add(one.taskId)
      placed.delete(one.taskId)
    }
    follow()
  }

  return {
    of: (functionId) => byFunction.get(functionId) ?? [],
    all: () => replicas.values(),
    starting: () => [...placed.values()].filter(({ taskId, state, address }) => state === 'starting' && address !== null && !answering.has(taskId)),
    isExpected: (functionId) => byFunction.has(functionId) || [...placed.values()].some((one) => one.functionId === functionId),
    apply: (listed) => {
      const said = JSON.stringify(listed)
      if (said === last) return false
      last = said
      const there = new Set(listed.map(({ taskId }) => taskId))
      for (const known of [ended, answering]) for (const taskId of known) if (!there.has(taskId)) known.delete(taskId)
      placed.clear()
      for (const one of listed) if (!ended.has(one.taskId)) placed.set(one.taskId, one)
      follow()
      return true
    },
    answers: (taskId) => {
      answering.add(taskId)
      follow()
    },
    ends: (taskId) => drop((one) => one.taskId === taskId),
    removed: (serviceId) => drop((one) => one.serviceId === serviceId),
    onChange: (listener) => void listeners.add(listener),
    changed,
  }
}

const numberOf = ({ serviceId, slot }: Placed): string => `${serviceId}.${slot}`
