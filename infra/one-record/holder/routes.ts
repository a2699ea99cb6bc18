import type { Server } from '../endpoints/server.ts'
import type { Routes } from '../http/router.ts'
import { createErasure, listErasures } from './erasure-endpoints.ts'
import { exportRecord } from './export.ts'
import { importRecord } from './import.ts'
import { listObjects } from './list-objects.ts'
import { listActionRequests } from './list-requests.ts'
import { readUsage } from './usage.ts'

/** The holder's own endpoints: what the standard leaves out and everybody needs. */
export const holderRoutes = (server: Server): Routes => ({
  'holder/objects': { GET: listObjects(server) },
  'holder/action-requests': { GET: listActionRequests(server) },
  'holder/usage': { GET: readUsage(server) },
  'holder/erasures': { GET: listErasures(server), POST: createErasure(server) },
  'holder/export': { GET: exportRecord(server) },
  'holder/import': { POST: importRecord(server) },
})
