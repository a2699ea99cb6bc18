import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { RecordedEvent } from '../../events/envelope.ts'
import { StatementError, toText, type Pipeline, type Statement } from '../postgres/pipeline.ts'
import type { Projection } from './projection.ts'

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
 * Applies events and moves the checkpoint from `from` to the last of them, all in one transaction and one round trip.
 * @throws PoisonEvent, or what `Pipeline.run` throws (see `wasMoved`)
 */
export const apply = async (pipeline: Pipeline, projection: Projection, made: string, from: string | null, events: readonly RecordedEvent[]): Promise<void> => {
  const last = events.at(-1)
  if (!last) return
  const statements: Statement[] = [advance(made, from, last, events.length)]
  // the event that each statement is of
  const causes: (RecordedEvent | null)[] = [null]
  const upTo = async (poison: RecordedEvent, cause: unknown): Promise<never> => {
    const before = events.slice(0, events.indexOf(poison))
    await apply(pipeline, projection, made, from, before)
    throw new PoisonEvent(poison, before, cause)
  }
  for (const event of events) {
    try {
      for (const statement of changesOf(projection, event)) {
        statements.push(statement)
        causes.push(event)
      }
    } catch (error) {
      await upTo(event, error)
    }
  }
  try {
    await pipeline.run(statements)
  } catch (error) {
    const event = error instanceof StatementError && isOfTheEvent(error.sqlState) ? causes[error.index] : null
    if (!event) throw error
    await upTo(event, error)
  }
}

const changesOf = (projection: Projection, event: RecordedEvent): readonly Statement[] => {
  const changes = projection.handlers[event.type]?.(event, compiler) ?? []
  return ('length' in changes ? changes : [changes]).map((change) => {
    const { sql, parameters } = 'sql' in change ? change : change.compile(compiler)
    return { sql, parameters: parameters.map(toText) }
  })
}

/**
 * SQLSTATEs that say something about the event or about what its handler makes of it (PostgreSQL manual, appendix A): cardinality,
 * data, constraints, syntax and types, a limit exceeded, raised by a function. All others are the database's own: a table or a
 * right that is missing, resources, rollbacks, shutdowns, corruption. They pass, or are mended, and the event is tried again.
 */
const isOfTheEvent = (sqlState: string): boolean =>
  ['21', '22', '23', '42', '44', '54', 'P0'].includes(sqlState.slice(0, 2)) && !['42P01', '42501'].includes(sqlState)
