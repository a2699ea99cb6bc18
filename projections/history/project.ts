import type { QueryCreator } from 'kysely'
import { CATALOGUE_OF_EVENTS, type PlaygroundEvent } from '../../events/catalogue.ts'
import { projection, type EventOf, type Handlers } from '../../infra/projector/projection.ts'
import { historyTables, type HistoryTables } from './table.ts'

type AnyEvent = EventOf<PlaygroundEvent['type']>

/** What other columns say; and the whole instance, of which only these are told: not where its slot lies. */
const ELSEWHERE: ReadonlySet<string> = new Set(['deploymentId', 'claimId', 'at', 'instance'])
const TOLD = ['status', 'epoch', 'node', 'wakes'] as const

/** What its owner may read of an event. */
export const shownData = ({ data }: Pick<AnyEvent, 'data'>): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(data).filter(([key]) => !ELSEWHERE.has(key))),
  ...('instance' in data ? Object.fromEntries(TOLD.map((key) => [key, data.instance[key]])) : {}),
})

const record = (event: AnyEvent, db: QueryCreator<HistoryTables>) =>
  db.insertInto('history').values({
    deployment_id: event.data.deploymentId, position: event.position, id: event.id, type: event.type, stream: event.stream, revision: event.revision,
    at: event.data.at, actor: event.metadata.actor, claim_id: 'claimId' in event.data ? event.data.claimId : null,
    data: JSON.stringify(shownData(event)), correlation_id: event.metadata.correlationId, causation_id: event.metadata.causationId ?? null,
  })

const types = Object.keys(CATALOGUE_OF_EVENTS).filter((type) => CATALOGUE_OF_EVENTS[type]?.category !== 'message')

/** Every event there is; a new one needs a raised version to be in the histories of what was before. */
export const history = projection<HistoryTables>('history', 1, Object.fromEntries(types.map((type) => [type, record])) as Handlers<HistoryTables>, historyTables)
