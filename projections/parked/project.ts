import { sql, type QueryCreator } from 'kysely'
import type { ParkedEvent } from '../../events/parked/events.ts'
import { projection, type EventOf } from '../../infra/projector/projection.ts'
import { letterTables, type LetterTables } from './table.ts'

type Db = QueryCreator<LetterTables>

/** An event of a letter that is there. */
const change = ({ data, revision, position }: EventOf<ParkedEvent['type']>, db: Db) =>
  db.updateTable('parked_letters').set({ changed_at: data.at, revision, position }).where('id', '=', data.letterId)

/** What a search finds it by. */
const searchOf = ({ data: { subject, eventId, reason } }: EventOf<'EventParked'>): string => [subject, eventId ?? '', reason].join('\n').toLowerCase()

export const parked = projection<LetterTables>('parked', 1, {
  // for the first time, or again after a redrive
  EventParked: (event, db) => {
    const { data: { letterId, group, stream, subject, sequence, eventId, eventType, deploymentId, reason, attempts, at }, revision, position } = event
    const now = { state: 'parked', reason, attempts, changed_at: at, search: searchOf(event), revision, position } as const
    return db.insertInto('parked_letters').values({
      ...now, id: letterId, group_name: group, stream, subject, sequence, event_id: eventId, event_type: eventType, deployment_id: deploymentId,
      redrives: 0, note: null, parked_at: at,
    }).onConflict((again) => again.column('id').doUpdateSet(now))
  },
  RedriveRequested: (event, db) => change(event, db).set({ state: 'redriving', redrives: sql`redrives + 1`, note: event.data.reason }),
  EventRedriven: (event, db) => change(event, db).set({ state: 'redriven', attempts: event.data.attempts }),
  EventDiscarded: (event, db) => change(event, db).set({ state: 'discarded', note: event.data.reason }),
}, letterTables)
