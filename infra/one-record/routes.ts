import type { AccessPart } from './access/part.ts'
import { documentRoutes } from './documents/routes.ts'
import { createObject } from './endpoints/create-object.ts'
import { readObject } from './endpoints/read-object.ts'
import { serverInformation } from './endpoints/server-information.ts'
import type { Server } from './endpoints/server.ts'
import { holderRoutes } from './holder/routes.ts'
import type { Routes } from './http/router.ts'
import { logisticsEventRoutes } from './logistics-events/routes.ts'
import type { notificationsPart } from './notifications/part.ts'
import { openApi } from './openapi/endpoint.ts'
import { requestRoutes } from './requests/routes.ts'

type Parts = { readonly access: Pick<AccessPart, 'routes'>; readonly notifications: Pick<ReturnType<typeof notificationsPart>, 'routes'> }

/** All that is served; openapi/operations.ts describes each of them. */
export const routesOf = (server: Server, { access, notifications }: Parts): Routes => {
  const read = readObject(server)
  const requests = requestRoutes(server)
  return {
    '': { GET: serverInformation(server) },
    'logistics-objects': { POST: createObject(server) },
    ...requests,
    'logistics-objects/{id}': { ...requests['logistics-objects/{id}'], GET: read, HEAD: read },
    ...logisticsEventRoutes(server),
    ...documentRoutes(server),
    ...holderRoutes(server),
    'openapi.json': { GET: openApi(server.base), open: true },
    ...access.routes(server),
    ...notifications.routes,
  }
}
