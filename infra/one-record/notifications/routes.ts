import type { Server } from '../endpoints/server.ts'
import type { Routes } from '../http/router.ts'
import { inboxRoutes } from './holder-inbox.ts'
import { outboxRoutes } from './holder-outbox.ts'
import { receiveNotification } from './receive.ts'

/** Endpoints of notifications (API 2.3.0, Notifications), and the holder's for what came and what is owed. */
export const notificationRoutes = (server: Server): Routes => ({
  notifications: { POST: receiveNotification(server) },
  ...inboxRoutes(server),
  ...outboxRoutes(server),
})
