import type { Server } from '../endpoints/server.ts'
import type { Routes } from '../http/router.ts'
import { createErasure, listErasures } from './erasure-endpoints.ts'
import { listObjects } from './list-objects.ts'

/** The holder's own endpoints: what the standard leaves out and everybody needs. */
export const holderRoutes = (server: Server): Routes => ({
  'holder/objects': { GET: listObjects(server) },
  'holder/erasures': { GET: listErasures(server), POST: createErasure(server) },
})
