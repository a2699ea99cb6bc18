import * as decide from '../../events/node/decide.ts'
import type { NodeEvent } from '../../events/node/events.ts'
import { evolve, type Node } from '../../events/node/state.ts'
import { isFailure } from '../../events/errors.ts'
import type { RecordedEvent } from '../../events/envelope.ts'
import type { Held } from '../../infra/agent/port.ts'
import { caused } from '../../infra/aggregates/append.ts'
import { isGone, leasesEndAt } from '../../infra/claims/vanished.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { derivedId } from '../../infra/ids.ts'
import { later, now, type Platform } from '../../infra/platform/port.ts'
import type { Budget } from './budget.ts'

/** What one sweep knows of the nodes. */
export type Nodes = {
  /** Lost for so long that none of their slots answers any more. */
  readonly gone: ReadonlySet<string>
  /** What the agents that answer hold. */
  readonly held: ReadonlyMap<string, readonly Held[]>
  /** When the next of those that are lost is gone too, RFC 3339; null when none is on its way. */
  readonly nextGoneAt: string | null
  readonly budget: Budget
}

/** A sign of life counts for five seconds; a bucket that is younger than this says nothing of who is absent. Milliseconds. */
const SIGNS_CERTAIN_AFTER_MS = 15_000
const SIGN_COUNTS_MS = 5_000

/** Looks at all nodes: those that vanished are lost from now on, unless most of them seem to be. @throws STORE_UNAVAILABLE */
export const lookAtNodes = async (budget: Budget, cause: Cause, on: Platform): Promise<Nodes> => {
  const [known, signs] = await Promise.all([knownNodes(on), on.agents.signsOfLife()])
  const held = new Map<string, readonly Held[]>()
  const hear = async (node: string): Promise<boolean> => {
    const claims = await on.agents.claims(node).catch((error: unknown) => {
      if (!isFailure(error, 'AGENT_UNAVAILABLE')) throw error
      return null
    })
    if (claims) held.set(node, claims)
    return claims !== null
  }
  await Promise.all(signs.alive.map(hear))
  if (signs.ageMs < SIGNS_CERTAIN_AFTER_MS) return { gone: new Set(), held, budget, nextGoneAt: null }

  const alive = new Set(signs.alive)
  const absent = known.filter(({ node, status }) => !alive.has(node) && status !== 'lost')
  // one that ended when it was asked to is missed only after its leases
  const missing = absent.filter((one) => one.status === 'started' || isOver(one, on))
  const vanished = missing.filter(({ status }) => status === 'started')
  const expected = known.filter(({ status }) => status === 'started')
  if (alive.size === 0 || vanished.length * 2 > expected.length) {
    if (vanished.length > 0) on.log.error({ missing: vanished.map(({ node }) => node), expected: expected.length }, 'most nodes are not heard of: none is given up')
    return { gone: new Set(), held, budget, nextGoneAt: null }
  }
  const lost: Node[] = known.filter(({ node, status }) => status === 'lost' && !alive.has(node))
  for (const one of missing) {
    const now = (await hear(one.node)) ? null : await lose(one, cause, on)
    if (now) lost.push(now)
  }
  const ends = lost.filter((one) => !isGone(one, on)).map((one) => leasesEndAt(one, on))
  return { gone: new Set(lost.filter((one) => isGone(one, on)).map(({ node }) => node)), held, budget, nextGoneAt: ends.toSorted()[0] ?? null }
}

type Known = Node & { readonly newest: RecordedEvent<NodeEvent> }

/** Of each node its newest event: there are few. */
const knownNodes = async ({ store }: Platform): Promise<readonly Known[]> => {
  const all: Known[] = []
  for await (const event of store.readAll({ categories: ['node'], which: 'latest', unreadable: () => {} })) {
    const newest = event as RecordedEvent<NodeEvent>
    const node = evolve(null, newest)
    if (node) all.push({ ...node, newest })
  }
  return all
}

const isOver = ({ since }: Node, on: Platform): boolean => Date.parse(now(on)) - Date.parse(since) > on.settings.heal.leaseMs

/** Null when it said something just now. */
const lose = async ({ newest, ...node }: Known, cause: Cause, on: Platform): Promise<Node | null> => {
  const at = now(on)
  on.log.warn({ node: node.node, since: node.since }, 'a node is not heard of: it is lost')
  const decided = decide.lost({ at, lastSeenAt: later(at, -SIGN_COUNTS_MS) }, node)
  try {
    await on.store.append(`node.${node.node}`, caused(decided, derivedId(cause.id, node.node), cause.metadata), newest.revision)
    return decided.reduce<Node | null>(evolve, node)
  } catch (error) {
    if (!isFailure(error, 'WRONG_EXPECTED_REVISION')) throw error
    return null
  }
}
