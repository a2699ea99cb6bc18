import type { Server } from '../endpoints/server.ts'
import type { Routes } from '../http/router.ts'
import { createEvent } from './create-event.ts'
import { createEvents } from './create-events.ts'
import { readEvent } from './read-event.ts'
import { readEvents } from './read-events.ts'

/** Endpoints of logistics events (API 2.3.0, Logistics Events). */
export const logisticsEventRoutes = (server: Server): Routes => {
  const list = readEvents(server)
  return {
    'logistics-objects/{id}/logistics-events': { GET: list, HEAD: list, POST: createEvent(server) },
    'logistics-objects/{id}/logistics-events/{event}': { GET: readEvent(server) },
    'logistics-events': { POST: createEvents(server) },
  }
}
