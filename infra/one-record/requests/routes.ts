import { auditTrail } from '../endpoints/audit-trail.ts'
import { changeObject } from '../endpoints/change-object.ts'
import { readRequest } from '../endpoints/read-request.ts'
import type { Server } from '../endpoints/server.ts'
import { revokeRequest, updateRequest } from '../endpoints/update-request.ts'
import { verifyObject } from '../endpoints/verify-object.ts'
import type { Routes } from '../http/router.ts'

/** Endpoints of action requests. Those of `logistics-objects/{id}` join the ones that read the object. */
export const requestRoutes = (server: Server): Routes => {
  const read = readRequest(server)
  return {
    'logistics-objects/{id}': { PATCH: changeObject(server), POST: verifyObject(server) },
    'logistics-objects/{id}/audit-trail': { GET: auditTrail(server) },
    'action-requests/{id}': { GET: read, HEAD: read, PATCH: updateRequest(server), DELETE: revokeRequest(server) },
  }
}
