import type { Plan } from '../../events/deployment/settings.ts'
import type { Generation, Node, Task } from './seen.ts'
import { safeShrink } from './shrink.ts'

/** What there is, as Swarm and the agents say, and what there should be. */
export type Situation = {
  /** The generation that today's image and limits make. */
  readonly wanted: { readonly plan: Plan; readonly generation: string }
  /** The one that is claimed from now; null when nobody has said. */
  readonly offered: string | null
  /** Of this plan. */
  readonly generations: readonly Generation[]
  readonly nodes: readonly Node[]
  /** Generations that have had more slots than they need for long. */
  readonly idle: ReadonlySet<string>
  /** Whether a spare may be given up for another on a node with less; not each time, since Swarm may not be able to place it there. */
  readonly mayLevel: boolean
  /** Spares kept ahead on each node, and slots on one at most. */
  readonly spare: number
  readonly most: number
}

/** One thing to do; all of it may be done twice. */
export type Step =
  | { readonly do: 'create'; readonly plan: Plan; readonly generation: string; readonly replicas: number }
  | { readonly do: 'scale'; readonly service: string; readonly from: number; readonly to: number }
  | { readonly do: 'retire'; readonly node: string; readonly plan: Plan; readonly generation: string; readonly count: number }
  | { readonly do: 'offer'; readonly plan: Plan; readonly generation: string }
  | { readonly do: 'remove'; readonly service: string }

/**
 * What to do next. Slots that somebody has claimed are never in danger: spares are retired by their agents, which know what is a spare, and
 * replicas are lowered only by as much as Swarm is sure to take ended ones. While no node is heard of nothing is known, and nothing is done.
 */
export const steps = (situation: Situation): readonly Step[] => {
  const { wanted, offered, generations, nodes } = situation
  if (nodes.length === 0) return []
  const today = generations.find(({ generation }) => generation === wanted.generation)
  const first: readonly Step[] = today ? [] : [{ do: 'create', ...wanted, replicas: Math.max(1, ahead(situation)) }]
  const isReady = today !== undefined && offered !== wanted.generation && sum(nodes, wanted.generation, 'free') >= Math.max(1, Math.min(ahead(situation), today.replicas))
  const offer: readonly Step[] = isReady ? [{ do: 'offer', ...wanted }] : []
  return [...first, ...offer, ...generations.flatMap((one) => (serves(one, situation) ? keep(one, situation) : giveUp(one, situation)))]
}

/** Whether more of it are made when they are needed: of the one that is claimed, and of the one that will be. */
const serves = ({ generation }: Generation, { wanted, offered }: Situation): boolean => generation === wanted.generation || generation === offered

const keep = (one: Generation, situation: Situation): readonly Step[] => {
  const surplus = surplusOf(one, situation)
  if (surplus < 0) return [{ do: 'scale', service: one.service, from: one.replicas, to: one.replicas - surplus }]
  const tooMany = situation.idle.has(one.generation) ? retire(one, surplus, situation) : []
  return [...(tooMany.length > 0 ? tooMany : level(one, situation)), ...shrink(one)]
}

const giveUp = (one: Generation, situation: Situation): readonly Step[] => {
  if (one.tasks.every(({ state }) => state !== 'running') && sum(situation.nodes, one.generation, 'claimed') === 0) return [{ do: 'remove', service: one.service }]
  return [...retire(one, Infinity, situation), ...shrink(one)]
}

/** How many slots it has that live, or will, beyond those it needs. */
export const surplusOf = ({ generation, plan, tasks }: Generation, situation: Pick<Situation, 'nodes' | 'most' | 'spare'>): number => {
  const { nodes, most } = situation
  const missed = nodes.reduce((all, node) => all + (node.missed[plan] ?? 0), 0)
  const needed = Math.min(sum(nodes, generation, 'claimed') + ahead(situation) + missed, most * nodes.length)
  return count(tasks, ['beginning', 'running', 'failed']) - needed
}

const ahead = ({ nodes, spare }: Pick<Situation, 'nodes' | 'spare'>): number => spare * nodes.filter(({ isDrained }) => !isDrained).length

/** From the node with the most slots first: so the ended ones are those that Swarm takes first (shrink.ts). */
const retire = ({ plan, generation, tasks }: Generation, surplus: number, { nodes }: Situation): readonly Step[] => {
  const places = new Map(nodes.map(({ name, slots }) => [name, { slots: tasks.filter(({ node, state }) => node === name && state === 'running').length, free: slots[generation]?.free ?? 0, retired: 0 }]))
  for (let left = surplus; left > 0; left--) {
    const [fullest] = [...places.values()].filter(({ free }) => free > 0).toSorted((a, b) => b.slots - a.slots)
    if (!fullest) break
    fullest.slots -= 1
    fullest.free -= 1
    fullest.retired += 1
  }
  return [...places].flatMap(([node, { retired }]): readonly Step[] => (retired > 0 ? [{ do: 'retire', node, plan, generation, count: retired }] : []))
}

/**
 * Swarm spreads what it makes, and moves nothing: a node that came later gets its share when the one with the most spares gives one up,
 * which is then made where the fewest are.
 */
const level = ({ plan, generation, tasks }: Generation, { nodes, mayLevel, offered }: Situation): readonly Step[] => {
  if (!mayLevel || generation !== offered || count(tasks, ['beginning', 'failed']) > 0) return []
  const usable = nodes.filter(({ isDrained }) => !isDrained).map(({ name, slots }) => ({ name, free: slots[generation]?.free ?? 0, all: tasks.filter(({ node, state }) => node === name && state === 'running').length }))
  const [richest] = usable.toSorted((a, b) => b.free - a.free)
  const isNeedy = usable.some(({ free, all }) => free === 0 && richest !== undefined && all < richest.all - 1)
  return richest && richest.free > 1 && isNeedy ? [{ do: 'retire', node: richest.name, plan, generation, count: 1 }] : []
}

const shrink = ({ service, replicas, tasks }: Generation): readonly Step[] => {
  const by = safeShrink(tasks)
  return by > 0 ? [{ do: 'scale', service, from: replicas, to: replicas - by }] : []
}

const sum = (nodes: readonly Node[], generation: string, of: 'free' | 'claimed'): number => nodes.reduce((all, { slots }) => all + (slots[generation]?.[of] ?? 0), 0)

const count = (tasks: readonly Task[], states: readonly Task['state'][]): number => tasks.filter(({ state }) => states.includes(state)).length
