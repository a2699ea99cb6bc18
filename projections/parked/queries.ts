import { sql, type Selectable } from 'kysely'
import { z } from 'zod'
import { failure } from '../../events/errors.ts'
import type { LetterState } from '../../events/parked/state.ts'
import { keyOf, limitOf, momentKey, pageOf, type Page, type PageRequest } from '../page.ts'
import { reading, type ReadModels } from '../read-model.ts'
import type { LetterRow, LetterTables } from './table.ts'

/** A dead letter as lists show it; times are RFC 3339 with milliseconds. */
export type LetterSummary = {
  readonly id: string
  readonly state: LetterState
  readonly group: string
  readonly eventType: string | null
  readonly eventId: string | null
  readonly deploymentId: string | null
  readonly stream: string
  readonly subject: string
  readonly sequence: number
  readonly reason: string
  readonly attempts: number
  readonly redrives: number
  readonly note: string | null
  readonly parkedAt: string
  readonly changedAt: string
  readonly revision: number
}

export type LetterFilter = {
  readonly state?: LetterState | undefined
  readonly group?: string | undefined
  readonly eventType?: string | undefined
  readonly deploymentId?: string | undefined
  /** A part of the subject, of the event's id or of the reason; three characters at least. */
  readonly search?: string | undefined
}

/** Those parked last come first. @throws INVALID_FIELD (cursor, limit, search), READ_MODEL_UNAVAILABLE */
export const listLetters = (db: ReadModels, filter: LetterFilter = {}, page: PageRequest = {}): Promise<Page<LetterSummary>> =>
  reading(async () => {
    const limit = limitOf(page)
    const after = keyOf(page, z.tuple([momentKey, z.string().regex(/^[\w-]{1,64}$/)]))
    const { state, group, eventType, deploymentId } = filter
    const pattern = patternOf(filter)
    const rows = await db.withTables<LetterTables>().selectFrom('parked_letters').selectAll()
      .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'parked'))
      .$if(group !== undefined, (query) => query.where('group_name', '=', group ?? ''))
      .$if(eventType !== undefined, (query) => query.where('event_type', '=', eventType ?? ''))
      .$if(deploymentId !== undefined, (query) => query.where('deployment_id', '=', deploymentId ?? ''))
      .$if(pattern !== undefined, (query) => query.where('search', 'like', pattern ?? ''))
      .$if(after !== null, (query) => query.where(sql<boolean>`(parked_at, id) < (${after?.[0]}, ${after?.[1]})`))
      .orderBy('parked_at', 'desc').orderBy('id', 'desc').limit(limit + 1).execute()
    return pageOf(rows, limit, show, ({ parkedAt, id }) => [parkedAt, id])
  })

/** The index knows parts of three characters and more. @throws INVALID_FIELD */
const patternOf = ({ search }: LetterFilter): string | undefined => {
  if (search === undefined || search === '') return undefined
  if (search.length < 3 || search.length > 200 || search.includes('\0')) throw failure('INVALID_FIELD', { field: 'search', reason: 'it must be 3 to 200 characters of subject, event id or reason' })
  return `%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
}

const show = (row: Selectable<LetterRow>): LetterSummary => ({
  id: row.id, state: row.state, group: row.group_name, eventType: row.event_type, eventId: row.event_id, deploymentId: row.deployment_id, stream: row.stream,
  subject: row.subject, sequence: Number(row.sequence), reason: row.reason, attempts: row.attempts, redrives: row.redrives, note: row.note,
  parkedAt: row.parked_at.toISOString(), changedAt: row.changed_at.toISOString(), revision: row.revision,
})
