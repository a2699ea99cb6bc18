import type { Access } from '../access/port.ts'
import type { Claim, Limits } from '../../slot/port.ts'
import type { OneRecord } from '../store/port.ts'

/** What all endpoints of one claim share. */
export type Server = {
  /** Public base URL without a slash at its end. */
  readonly base: string
  readonly maxBodyBytes: number
  readonly record: OneRecord
  readonly access: Access
  readonly limits: Limits
  /** How closely what is written is held against the ontologies. */
  readonly strictness: Claim['strictness']
  /** Something was refused for this limit: the platform is to hear of it. */
  noteLimit(limit: keyof Limits): void
  /** Something new is owed (duties.ts): call it after the commit. */
  lookAgain(): void
  /** Begin of this claim, milliseconds: since then the server information is what it is. */
  readonly since: number
}

/** Id of the object that describes whose server this is; made with the record. */
export const DATA_HOLDER = '_data-holder'

/** IRI of an action request of this server. */
export const requestIri = (base: string, id: string): string => `${base}/action-requests/${id}`
