import type { Claim } from '../../slot/port.ts'
import type { Duty } from '../duties.ts'
import type { Server } from '../endpoints/server.ts'
import type { Routes } from '../http/router.ts'
import { openRemote } from '../remote/client.ts'
import { connectionRoutes } from '../remote/routes.ts'
import { holderAgent } from '../requests/requests.ts'
import { subscriptionRoutes } from '../subscriptions/routes.ts'
import { deliveries } from './deliveries.ts'
import { notificationRoutes } from './routes.ts'

/** Subscriptions and notifications of one claim: what they serve, and what they owe. */
export const notificationsPart = (server: Server, claim: Claim): { readonly routes: Routes; readonly duty: Duty } => {
  const remote = openRemote({ claim, holder: holderAgent(server).uri, reader: () => server.record.reader() })
  return {
    routes: { ...subscriptionRoutes(server, remote), ...notificationRoutes(server), ...connectionRoutes(server, claim) },
    duty: deliveries(server, remote),
  }
}
