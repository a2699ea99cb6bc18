import { requireOperator } from '../../infra/functions/operator.ts'
import { router, withBody } from '../../infra/functions/router.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { changeBody, createBody, emptyBody } from './bodies.ts'
import { change, pause, remove, resume, rotateSecret } from './commands.ts'
import { create } from './create.ts'
import { ping } from './ping.ts'
import { list, show } from './queries.ts'

/** The subscriptions API: endpoints of other services that get events as functions do. All needs the operator token. */
export const subscriptionsApi = (on: () => Promise<Platform>) => router(
  {
    'GET /': list,
    'POST /': withBody(createBody, create),
    'GET /:id': show,
    'PATCH /:id': withBody(changeBody, change),
    'DELETE /:id': withBody(emptyBody, remove),
    'POST /:id/pause': withBody(emptyBody, pause),
    'POST /:id/resume': withBody(emptyBody, resume),
    'POST /:id/rotate-secret': withBody(emptyBody, rotateSecret),
    'POST /:id/ping': withBody(emptyBody, ping),
  },
  on,
  { authorize: (event, { settings }) => requireOperator(event, settings.operatorToken) },
)

export default subscriptionsApi(platform)
