import { CatalogueError, failure } from '../../events/errors.ts'

/** A failure of the broker or of the way to it as STORE_UNAVAILABLE; errors of the catalogue stay what they are. */
export const unavailable = (error: unknown): CatalogueError =>
  error instanceof CatalogueError ? error : failure('STORE_UNAVAILABLE', { reason: error instanceof Error ? error.message : String(error) }, error)
