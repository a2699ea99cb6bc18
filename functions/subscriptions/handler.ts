import { api } from '../../infra/functions/api.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { change, pause, remove, resume, rotateSecret } from './commands.ts'
import { subscriptionsContract } from './contract.ts'
import { create } from './create.ts'
import { ping } from './ping.ts'
import { list, show } from './queries.ts'

/** The subscriptions API: endpoints of other services that get events as functions do. All needs the operator token. */
export const subscriptionsApi = (on: () => Promise<Platform>) => api(
  subscriptionsContract,
  {
    'GET /': list,
    'POST /': create,
    'GET /:id': show,
    'PATCH /:id': change,
    'DELETE /:id': remove,
    'POST /:id/pause': pause,
    'POST /:id/resume': resume,
    'POST /:id/rotate-secret': rotateSecret,
    'POST /:id/ping': ping,
  },
  on,
)

export default subscriptionsApi(platform)
