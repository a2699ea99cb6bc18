import { CATALOGUE_OF_EVENTS } from '../../events/catalogue.ts'
import type { DeploymentEvent } from '../../events/deployment/events.ts'
import type { InstanceEvent } from '../../events/instance/events.ts'
import type { NameEvent } from '../../events/name/events.ts'
import type { ParkedEvent } from '../../events/parked/events.ts'
import { projection, type EventOf, type Handlers } from '../../infra/projector/projection.ts'
import { historyTables, type HistoryTables } from './table.ts'

type AnyEvent = EventOf<(DeploymentEvent | InstanceEvent | NameEvent | ParkedEvent)['type']>

/** What other columns say; and the whole instance, of which only these are told: not where its slot lies. */
const ELSEWHERE: ReadonlySet<string> = new Set(['deploymentId', 'claimId', 'at', 'instance'])
const TOLD = ['status', 'epoch', 'node', 'wakes'] as const

/** What its owner may read of an event. */
export const shownData = ({ data }: Pick<AnyEvent, 'data'>): Record<string, unknown> => {
  const shown: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(data)) if (!ELSEWHERE.has(key)) shown[key] = value
  if ('instance' in data) for (const key of TOLD) shown[key] = data.instance[key]
  return shown
}

// there are more of these rows than of all others together: a query builder would take a third of the time of a rebuild
const INSERT = `
  insert into history (deployment_id, position, id, type, stream, revision, at, actor, claim_id, data, correlation_id, causation_id)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
const record = ({ id, type, data, stream, revision, position, metadata }: AnyEvent) => data.deploymentId === null ? [] : {
  sql: INSERT,
  parameters: [
    data.deploymentId, position, id, type, stream, revision, data.at, metadata.actor, 'claimId' in data ? data.claimId : null, shownData({ data }),
    metadata.correlationId, metadata.causationId ?? null,
  ],
}

/** What belongs to one deployment; of what was given up on its way, as far as it said so. */
const CATEGORIES: readonly string[] = ['deployment', 'instance', 'name', 'parked']
const types = Object.keys(CATALOGUE_OF_EVENTS).filter((type) => CATEGORIES.includes(CATALOGUE_OF_EVENTS[type]?.category ?? ''))

/** Every event of a deployment; a new one needs a raised version to be in the histories of what was before. */
export const history = projection<HistoryTables>('history', 3, Object.fromEntries(types.map((type) => [type, record])) as Handlers<HistoryTables>, historyTables)
