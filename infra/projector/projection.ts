import type { Compilable, QueryCreator, RawBuilder } from 'kysely'
import { CATALOGUE_OF_EVENTS, type PlaygroundEvent } from '../../events/catalogue.ts'
import type { RecordedEvent } from '../../events/envelope.ts'

type EventType = PlaygroundEvent['type']
/** An event as it was stored, with the data of its newest schema version. */
export type EventOf<T extends EventType> = RecordedEvent<Extract<PlaygroundEvent, { type: T }>>

/** What an event changes: queries that were built but not run. The runner runs them, with the checkpoint, in one transaction. */
export type Change = Compilable | RawBuilder<unknown> | Addition
/** A row for a table that is only added to, as a JSON array; it goes with those before and after it in one statement. */
export type Addition = { readonly sql: string; readonly row: readonly unknown[] }
export type Changes = Change | readonly Change[]
export type Handlers<Database> = { readonly [T in EventType]?: (event: EventOf<T>, db: QueryCreator<Database>) => Changes }

/** A table in SQL: what stands between the parentheses of `create table`, and of `create index on <table>` after the name. */
export type Table<Row> = { readonly columns: string; readonly indexes: readonly string[]; /** Only a type. */ readonly row?: Row }
export const table = <Row>(columns: string, indexes: readonly string[] = []): Table<Row> => ({ columns, indexes })

/**
 * Makes rows of a table whose rows are only ever added, for handlers of events of which there are very many: the rows of a batch
 * travel as one parameter and are written by one statement, which takes a third of what a statement and a query builder for each
 * row would. `columns` gives the SQL type of each; the value of a jsonb column is given as it is, not as text.
 */
export const additions = <Row>(name: string, columns: { readonly [column in keyof Row & string]: string }) => {
  const names = Object.keys(columns) as (keyof Row & string)[]
  const values = names.map((column, index) => (columns[column] === 'jsonb' ? `nullif(added -> ${index}, 'null')` : `(added ->> ${index})::${columns[column]}`))
  const sql = `insert into ${name} (${names.join(', ')}) select ${values.join(', ')} from jsonb_array_elements($1::jsonb) as added`
  return (row: { readonly [column in keyof Row & string]: unknown }): Addition => ({ sql, row: names.map((column) => row[column]) })
}

export type Projection = {
  readonly name: string
  readonly version: number
  readonly tables: Readonly<Record<string, Table<unknown>>>
  readonly handlers: Readonly<Partial<Record<string, (event: RecordedEvent, db: QueryCreator<unknown>) => Changes>>>
  /** Categories of the streams its events are in. */
  readonly categories: readonly string[]
}

/**
 * A read model: how each event changes its tables. Handlers are synchronous and build queries; they never look at rows, so
 * that many events travel to the database at once: what depends on a row is said in SQL. Raise `version` with any change of
 * handlers or tables: the new version is built from the stream beside the old one and takes its name when it has caught up.
 */
export const projection = <Database extends Readonly<Record<string, object>>>(
  name: string, version: number, handlers: Handlers<Database>, tables: { readonly [T in keyof Database]: Table<Database[T]> },
): Projection => {
  if (!/^[a-z][a-z_]{0,40}$/.test(name) || !Number.isInteger(version) || version < 1) throw new Error(`a projection is not called ${name} ${version}`)
  const categories = [...new Set(Object.keys(handlers).flatMap((type) => CATALOGUE_OF_EVENTS[type]?.category ?? []))]
  return { name, version, tables, handlers: handlers as unknown as Projection['handlers'], categories }
}

/** Schema that holds the tables of one version: `deployments_v3`, and `deployments_v3_2` when it was built again twice. */
export const schemaOf = ({ name, version }: Pick<Projection, 'name' | 'version'>, build = 0): string => `${name}_v${version}${build === 0 ? '' : `_${build}`}`
