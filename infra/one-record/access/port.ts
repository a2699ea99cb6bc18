import type { ApiError } from '../http/api-error.ts'
import type { Reader } from '../store/port.ts'

/** What may be done with one logistics object (API 2.3.0, Access Control, Permissions). */
export const PERMISSIONS = ['GET_LOGISTICS_OBJECT', 'PATCH_LOGISTICS_OBJECT', 'GET_LOGISTICS_EVENT', 'POST_LOGISTICS_EVENT'] as const
export type Permission = (typeof PERMISSIONS)[number]

/** Who asks: the IRI of a cargo:LogisticsAgent, from the token. The holder is the agent whose record this is. */
export type Agent = { readonly uri: string; readonly isHolder: boolean }

/** Who may do what. Deny by default: an agent that is not the holder may what a grant allows now. `objectId`: last segment of the object's IRI. */
export type Access = {
  may(reader: Reader, agent: Agent, permission: Permission, objectId: string): Promise<boolean>
  /**
   * @throws ApiError 403, or 404 where the deployment hides what may not be read: then the same answer as for an object that does
   * not exist, so check before anything else tells them apart
   */
  check(reader: Reader, agent: Agent, permission: Permission, objectId: string): Promise<void>
  /** What somebody is told who may not see a resource: 403, or 404 where the deployment hides what may not be seen. */
  refusal(resource: string): ApiError
  /** For what is internal only. @throws ApiError 403 */
  holderOnly(agent: Agent): void
}
