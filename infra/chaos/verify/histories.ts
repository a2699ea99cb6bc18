import type { DeploymentEvent } from '../../../events/deployment/events.ts'
import { currentClaim, evolve, type Deployment } from '../../../events/deployment/state.ts'
import { statusOf } from '../../../events/deployment/status.ts'
import { streamCategory, type RecordedEvent } from '../../../events/envelope.ts'
import type { Instance, InstanceEvent } from '../../../events/instance/events.ts'
import { holdsSlot } from '../../../events/instance/state.ts'
import { TRANSITIONS, type Status } from '../../../events/states.ts'

type Life = { deployment: Deployment | null; /** What was seen before the newest event of an instance, and when that came. */ crossed: { readonly status: Status; readonly at: string } | null; readonly instances: Map<string, Instance>; readonly started: Map<string, number> }

/**
 * A deployment and its instance are two streams, and each guards only itself: what an owner decided on the status that was read
 * may be stored just after the instance began to fall asleep. So long may lie between, with a broker that was cut off.
 */
const CROSSING_MS = 15_000

/**
 * Reads the whole store in its order. Every change that people could see is a row of the table of states; no claim starts
 * twice; at the end no deployment holds two slots; each stream's revisions are dense.
 */
export const brokenHistories = (events: readonly RecordedEvent[]): readonly string[] => {
  const lives = new Map<string, Life>()
  const broken: string[] = []
  const revisions = new Map<string, number>()
  for (const event of events) {
    const { stream, type, revision } = event
    if (revision !== (revisions.get(stream) ?? -1) + 1) broken.push(`${stream}: revision ${revision} follows ${revisions.get(stream) ?? 'nothing'}`)
    revisions.set(stream, revision)
    const category = streamCategory(stream)
    if (category !== 'deployment' && category !== 'instance') continue
    const id = (event.data as { readonly deploymentId: string }).deploymentId
    const life = lives.get(id) ?? { deployment: null, crossed: null, instances: new Map(), started: new Map() }
    lives.set(id, life)
    const before = seen(life)
    if (category === 'deployment') life.deployment = evolve(life.deployment, event as unknown as DeploymentEvent, revision)
    else apply(life, event as unknown as InstanceEvent)
    const after = seen(life)
    if (before === null || before === after) continue
    const isLegal = (from: Status) => TRANSITIONS.some((row) => row.event === type && (row.from as readonly Status[]).includes(from) && row.to === after)
    const crossed = category === 'deployment' && life.crossed !== null && Date.parse(event.at) - Date.parse(life.crossed.at) < CROSSING_MS && isLegal(life.crossed.status)
    if (category === 'instance') life.crossed = { status: before, at: event.at }
    if (!isLegal(before) && !crossed) broken.push(`${stream}: ${type} took it from ${before} to ${after ?? 'nothing'} (position ${event.position})`)
  }
  for (const [id, { instances, started }] of lives) {
    for (const [claim, times] of started) if (times > 1) broken.push(`claim ${claim} started ${times} times`)
    const holding = [...instances.values()].filter(holdsSlot)
    if (holding.length > 1) broken.push(`${id} holds ${holding.length} slots: ${holding.map(({ claimId, status, node, slot }) => `${claimId} ${status} ${node}/${slot}`).join(', ')}`)
  }
  return broken
}

const apply = ({ instances, started }: Life, { type, data: { claimId, instance } }: InstanceEvent): void => {
  instances.set(claimId, instance)
  if (type === 'InstanceStarted') started.set(claimId, (started.get(claimId) ?? 0) + 1)
}

const seen = ({ deployment, instances }: Life): Status | null =>
  deployment && statusOf(deployment, instances.get(currentClaim(deployment) ?? '') ?? null)
