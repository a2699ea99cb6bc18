import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { RecordedEvent } from '../../events/envelope.ts'
import { StatementError, toText, type Pipeline, type Statement } from '../postgres/pipeline.ts'
import type { Change, Projection } from './projection.ts'

/** An event that a projection cannot apply. Nothing of it was kept; `applied` before it was. */
export class PoisonEvent extends Error {
  override readonly name = 'PoisonEvent'
  readonly event: RecordedEvent
  readonly applied: readonly RecordedEvent[]

  constructor(event: RecordedEvent, applied: readonly RecordedEvent[], cause: unknown) {
    super(`${event.type} at ${event.position}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.event = event
    this.applied = applied
  }
}

/** Somebody else moved the checkpoint. */
export const wasMoved = (error: unknown): boolean => error instanceof StatementError && error.sqlState === 'PR409'

/** The compare-and-set that opens each transaction: from where the making of the tables is to be, over so many events, to `to`. */
export const advance = (made: string, from: string | null, to: RecordedEvent, count: number): Statement =>
  ({ sql: 'select projector.advance($1, $2, $3, $4, $5)', parameters: [made, from, to.position, to.id, String(count)] })

// it only compiles: handlers get no way to run a query
const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/**
 * Applies events and moves the checkpoint from `from` to the last of them, all in one transaction and one round trip. Rows that
 * are only added go together, unless one of them was refused and it is to be known which.
 * @throws PoisonEvent, or what `Pipeline.run` throws (see `wasMoved`)
 */
export const apply = async (
  pipeline: Pipeline, projection: Projection, made: string, from: string | null, events: readonly RecordedEvent[], rows: 'together' | 'apart' = 'together',
): Promise<void> => {
  const last = events.at(-1)
  if (!last) return
  const steps: Step[] = []
  const upTo = async (poison: RecordedEvent, cause: unknown): Promise<never> => {
    const before = events.slice(0, events.indexOf(poison))
    await apply(pipeline, projection, made, from, before)
    throw new PoisonEvent(poison, before, cause)
  }
  for (const event of events) {
    try {
      for (const change of changesOf(projection, event)) {
        const before = steps.at(-1)
        if (rows === 'together' && 'row' in change && before?.rows && before.sql === change.sql) {
          before.rows.push(JSON.stringify(change.row))
          before.events.push(event)
        } else steps.push(stepOf(event, change))
      }
    } catch (error) {
      await upTo(event, error)
    }
  }
  try {
    await pipeline.run([advance(made, from, last, events.length), ...steps.map(statementOf)])
  } catch (error) {
    const step = error instanceof StatementError && isOfTheEvent(error.sqlState) ? steps[error.index - 1] : undefined
    const [event, another] = step?.events ?? []
    if (!event) throw error
    if (another) return await apply(pipeline, projection, made, from, events, 'apart')
    await upTo(event, error)
  }
}

/** A statement to be, and the events it is of: several where rows go together, each of them JSON. */
type Step = { readonly sql: string; readonly parameters: Statement['parameters']; readonly rows: string[] | null; readonly events: RecordedEvent[] }

const changesOf = (projection: Projection, event: RecordedEvent): readonly Change[] => {
  const changes = projection.handlers[event.type]?.(event, compiler) ?? []
  return 'length' in changes ? changes : [changes]
}

const stepOf = (event: RecordedEvent, change: Change): Step => {
  if ('row' in change) return { sql: change.sql, parameters: [], rows: [JSON.stringify(change.row)], events: [event] }
  const { sql, parameters } = change.compile(compiler)
  return { sql, parameters: parameters.map(toText), rows: null, events: [event] }
}

const statementOf = ({ sql, parameters, rows }: Step): Statement => ({ sql, parameters: rows ? [`[${rows.join()}]`] : parameters })

/**
 * SQLSTATEs that say something about the event or about what its handler makes of it (PostgreSQL manual, appendix A): cardinality,
 * data, constraints, syntax and types, a limit exceeded, raised by a function. All others are the database's own: a table or a
 * right that is missing, resources, rollbacks, shutdowns, corruption. They pass, or are mended, and the event is tried again.
 */
const isOfTheEvent = (sqlState: string): boolean =>
  ['21', '22', '23', '42', '44', '54', 'P0'].includes(sqlState.slice(0, 2)) && !['42P01', '42501'].includes(sqlState)
