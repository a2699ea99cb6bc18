import { CATALOGUE_OF_EVENTS } from '../../events/catalogue.ts'
import type { DeploymentEvent } from '../../events/deployment/events.ts'
import type { ErasureEvent } from '../../events/erasure/events.ts'
import type { InstanceEvent } from '../../events/instance/events.ts'
import type { NameEvent } from '../../events/name/events.ts'
import type { ParkedEvent } from '../../events/parked/events.ts'
import type { SweepEvent } from '../../events/sweep/events.ts'
import { additions, projection, type EventOf, type Handlers } from '../../infra/projector/projection.ts'
import { historyTables, type HistoryRow, type HistoryTables } from './table.ts'

type AnyEvent = EventOf<(DeploymentEvent | ErasureEvent | InstanceEvent | NameEvent | ParkedEvent | SweepEvent)['type']>

/** What other columns say; and the whole instance, of which only these are told: not where its slot lies. */
const ELSEWHERE: ReadonlySet<string> = new Set(['deploymentId', 'claimId', 'at', 'instance'])
const TOLD = ['status', 'epoch', 'node', 'wakes'] as const

/** What its owner may read of an event. */
export const shownData = ({ data }: Pick<AnyEvent, 'data'>): Record<string, unknown> => {
  const shown: Record<string, unknown> = {}
  for (const key in data) if (!ELSEWHERE.has(key)) shown[key] = data[key as keyof typeof data]
  if ('instance' in data) for (const key of TOLD) shown[key] = data.instance[key]
  return shown
}

// there are more of these rows than of all others together
const told = additions<HistoryRow>('history', {
  deployment_id: 'text', position: 'bigint', id: 'text', type: 'text', stream: 'text', revision: 'integer', at: 'timestamptz', actor: 'text', claim_id: 'text',
  data: 'jsonb', correlation_id: 'text', causation_id: 'text',
})
const record = ({ id, type, data, stream, revision, position, metadata }: AnyEvent) => data.deploymentId === null ? [] : told({
  deployment_id: data.deploymentId, position, id, type, stream, revision, at: data.at, actor: metadata.actor, claim_id: 'claimId' in data ? data.claimId : null,
  data: shownData({ data }), correlation_id: metadata.correlationId, causation_id: metadata.causationId,
})

/** What belongs to one deployment; of what was given up on its way, as far as it said so. */
const CATEGORIES: readonly string[] = ['deployment', 'erasure', 'instance', 'name', 'parked', 'sweep']
const types = Object.keys(CATALOGUE_OF_EVENTS).filter((type) => CATEGORIES.includes(CATALOGUE_OF_EVENTS[type]?.category ?? ''))

/** Every event of a deployment; a new one needs a raised version to be in the histories of what was before. */
export const history = projection<HistoryTables>('history', 5, Object.fromEntries(types.map((type) => [type, record])) as Handlers<HistoryTables>, historyTables)
