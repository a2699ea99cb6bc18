import type { Plan } from '../../events/deployment/settings.ts'

/** A task of a slot service that Swarm still counts: one place of its replicas. */
export type Task = {
  /** Swarm's number of the place: what replaces a task has the same. */
  readonly place: number
  /** null until Swarm has chosen one. */
  readonly node: string | null
  /** `ended`: it exited in order and is not replaced, but its place is still counted. `failed`: Swarm is about to replace it. */
  readonly state: 'beginning' | 'running' | 'ended' | 'failed'
  /** What Swarm says went wrong; null when nothing did. */
  readonly error: string | null
}

/** A slot service as Swarm has it now. */
export type Generation = {
  readonly service: string
  readonly plan: Plan
  readonly generation: string
  readonly replicas: number
  /** RFC 3339. */
  readonly createdAt: string
  readonly tasks: readonly Task[]
}

/** A node as its agent told it last: slots of each generation, and claims of the last minute that found none, by plan. */
export type Node = {
  readonly name: string
  readonly slots: Readonly<Record<string, { readonly free: number; readonly claimed: number }>>
  readonly missed: Readonly<Record<string, number>>
  /** Takes no claims: it gets no spares. */
  readonly isDrained: boolean
}
