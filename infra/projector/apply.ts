import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { RecordedEvent } from '../../events/envelope.ts'
import { StatementError, toText, type Pipeline, type Statement } from '../postgres/pipeline.ts'
import type { Projection } from './projection.ts'

/** An event that a projection cannot apply. Nothing of it was kept; everything before it was. */
export class PoisonEvent extends Error {
  override readonly name = 'PoisonEvent'
  readonly event: RecordedEvent

  constructor(event: RecordedEvent, cause: unknown) {
    super(`${event.type} at ${event.position}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.event = event
  }
}

/** Somebody else moved the checkpoint. */
export const wasMoved = (error: unknown): boolean => error instanceof StatementError && error.sqlState === 'PR409'

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
export const apply = async (
  pipeline: Pipeline, projection: Projection, identity: string, from: string | null, events: readonly RecordedEvent[],
): Promise<void> => {
  const last = events.at(-1)
  if (!last) return
  const statements: Statement[] = [advance(projection, identity, from, last.position)]
  // the event that each statement is of
  const causes: (RecordedEvent | null)[] = [null]
  for (const [index, event] of events.entries()) {
    try {
      for (const statement of changesOf(projection, event)) {
        statements.push(statement)
        causes.push(event)
      }
    } catch (error) {
      await apply(pipeline, projection, identity, from, events.slice(0, index))
      throw new PoisonEvent(event, error)
    }
  }
  try {
    await pipeline.run(statements)
  } catch (error) {
    const event = error instanceof StatementError && !isTransient(error.sqlState) ? causes[error.index] : null
    if (!event) throw error
    await apply(pipeline, projection, identity, from, events.slice(0, events.indexOf(event)))
    throw new PoisonEvent(event, error)
  }
}

const changesOf = (projection: Projection, event: RecordedEvent): readonly Statement[] => {
  const changes = projection.handlers[event.type]?.(event, compiler) ?? []
  return ('compile' in changes ? [changes] : changes).map((change) => {
    const { sql, parameters } = change.compile(compiler)
    return { sql, parameters: parameters.map(toText) }
  })
}

const advance = ({ name, version }: Projection, identity: string, from: string | null, to: string): Statement =>
  ({ sql: 'select projector.advance($1, $2, $3, $4, $5)', parameters: [name, String(version), identity, from, to] })

/**
 * SQLSTATE classes that say nothing about the event (PostgreSQL manual, appendix A): connection, rollback (deadlock),
 * resources, object not in its state (lock not available), operator intervention, system error, internal error.
 */
const isTransient = (sqlState: string): boolean => ['08', '40', '53', '55', '57', '58', 'XX'].includes(sqlState.slice(0, 2))
