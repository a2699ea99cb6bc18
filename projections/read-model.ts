import type { Kysely } from 'kysely'
import { CatalogueError, failure } from '../events/errors.ts'

/** The database of the read models; each query says which tables it reads. */
export type ReadModels = Kysely<unknown>

/** Runs a query. @throws READ_MODEL_UNAVAILABLE whatever the database's trouble is; the cause has it */
export const reading = async <Result>(query: () => Promise<Result>): Promise<Result> => {
  try {
    return await query()
  } catch (error) {
    if (error instanceof CatalogueError) throw error
    throw failure('READ_MODEL_UNAVAILABLE', { reason: isMissing(error) ? 'it is being built' : 'the database refuses' }, error)
  }
}

/** SQLSTATE of a schema or table that is not there (yet). */
const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '42P01' || error.code === '3F000')
