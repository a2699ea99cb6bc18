import type pg from 'pg'

/** Parameters in text format, see `toText`. */
export type Statement = { readonly sql: string; readonly parameters: readonly (string | null)[] }

/** A statement that the server refused; `index` is its place among those sent, `cause` what the server said. */
export class StatementError extends Error {
  override readonly name = 'StatementError'
  readonly index: number
  /** SQLSTATE, five characters (PostgreSQL manual, appendix A). */
  readonly sqlState: string

  constructor(index: number, cause: pg.DatabaseError) {
    super(cause.message, { cause })
    this.index = index
    this.sqlState = cause.code ?? 'XX000'
  }
}

/** Text format of a parameter; objects travel as JSON. @throws TypeError for an array, which could mean JSON or an SQL array */
export const toText = (value: unknown): string | null => {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) throw new TypeError('an array is no parameter; give JSON.stringify(it) to a jsonb column')
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export type Pipeline = {
  /**
   * Sends all statements at once and resolves when the server committed them: one round trip, one implicit transaction
   * (PostgreSQL manual, 55.2.4 Pipelining). @throws StatementError, or the connection's error; then nothing was changed.
   */
  run(statements: readonly Statement[]): Promise<void>
}

/** Statements are prepared once per connection under a name each; SQL texts beyond so many are parsed each time. */
const MAX_PREPARED = 200

/** One for each connection: it names the prepared statements. */
export const pipeline = (client: pg.Client): Pipeline => {
  const prepared = new Map<string, string>()
  let names = 0

  const send = (connection: Wire, statements: readonly Statement[], fresh: Map<string, string>): void => {
    for (const { sql, parameters } of statements) {
      let name = prepared.get(sql) ?? fresh.get(sql)
      if (name === undefined) {
        name = prepared.size + fresh.size < MAX_PREPARED ? `p${(names += 1)}` : ''
        connection.parse({ name, text: sql })
        if (name) fresh.set(sql, name)
      }
      connection.bind({ statement: name, values: parameters })
      connection.execute({})
    }
    connection.sync()
  }

  return {
    run: (statements) =>
      new Promise((resolve, reject) => {
        let done = 0
        const fresh = new Map<string, string>()
        client.query({
          // node-postgres requires one on every query
          callback: () => {},
          submit: (connection) => {
            const wire = connection as unknown as Wire
            wire.stream.cork()
            try {
              send(wire, statements, fresh)
            } finally {
              wire.stream.uncork()
            }
            return null
          },
          handleCommandComplete: () => { done += 1 },
          handleEmptyQuery: () => { done += 1 },
          handleRowDescription: () => {},
          handleDataRow: () => {},
          handlePortalSuspended: () => {},
          handleReadyForQuery: () => {
            // remembered only now: of a refused batch nobody knows which ones were still parsed
            for (const [sql, name] of fresh) prepared.set(sql, name)
            resolve()
          },
          handleError: (error: Error) => reject(isServerError(error) ? new StatementError(done, error) : error),
        } as pg.Submittable)
      }),
  }
}

/** The part of node-postgres' connection that speaks the extended query protocol; its published types are of an older one. */
type Wire = {
  readonly stream: { cork(): void; uncork(): void }
  parse(message: { readonly name: string; readonly text: string }): void
  bind(message: { readonly statement: string; readonly values: readonly (string | null)[] }): void
  execute(message: object): void
  sync(): void
}

const isServerError = (error: Error): error is pg.DatabaseError => 'severity' in error && 'code' in error
