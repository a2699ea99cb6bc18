import { CatalogueError } from '../../events/errors.ts'
import { logger } from '../log.ts'

const log = logger('functions')

/** Logs what the catalogue does not know (a caller is told INTERNAL and the call id); what it knows is an answer, not an incident. */
export const logUnexpected = (error: unknown, name: string, callId: string): void => {
  if (!(error instanceof CatalogueError)) log.error({ err: error, function: name, callId }, 'a function failed')
}
