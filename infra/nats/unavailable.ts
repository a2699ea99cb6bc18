import { JetStreamApiError } from '@nats-io/jetstream'
import { CatalogueError, failure } from '../../events/errors.ts'

/** Codes with which a broker says that its storage is at its limit: of the account or the server (nats-server, errors.json). */
export const NO_ROOM: ReadonlySet<number> = new Set([10_002, 10_023, 10_047])

/** There is no room for something: what exists goes on. */
export const storageFull = (reason: string, cause?: unknown): CatalogueError => failure('STORAGE_FULL', { reason, retryAfterSeconds: RETRY_AFTER_SECONDS }, cause)
/** Room comes when somebody makes some. */
const RETRY_AFTER_SECONDS = 5

/** A failure of the broker or of the way to it as STORE_UNAVAILABLE, or STORAGE_FULL; errors of the catalogue stay what they are. */
export const unavailable = (error: unknown): CatalogueError => {
  if (error instanceof CatalogueError) return error
  if (error instanceof JetStreamApiError && NO_ROOM.has(error.code)) return storageFull(error.message, error)
  return failure('STORE_UNAVAILABLE', { reason: error instanceof Error ? error.message : String(error) }, error)
}
