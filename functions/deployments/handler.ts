import { requireOperator } from '../../infra/functions/operator.ts'
import { router, withBody } from '../../infra/functions/router.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { createBody, emptyBody, settingsBody, stopBody } from './bodies.ts'
import { create } from './create.ts'
import { changeSettings, remove, restart, start, stop } from './decisions.ts'
import { activity, history, list, show } from './queries.ts'
import { hibernate, pause, resume } from './sleep.ts'

/** The deployments API. Commands answer 202 and the deployment; all need the operator token until accounts come. */
export const deploymentsApi = (on: () => Promise<Platform>) => router(
  {
    'GET /': list,
    'POST /': withBody(createBody, create),
    'GET /:id': show,
    'DELETE /:id': withBody(emptyBody, remove),
    'GET /:id/history': history,
    'GET /:id/activity': activity,
    'PATCH /:id/settings': withBody(settingsBody, changeSettings),
    'POST /:id/start': withBody(emptyBody, start),
    'POST /:id/stop': withBody(stopBody, stop),
    'POST /:id/restart': withBody(emptyBody, restart),
    'POST /:id/pause': withBody(emptyBody, pause),
    'POST /:id/resume': withBody(emptyBody, resume),
    'POST /:id/hibernate': withBody(emptyBody, hibernate),
  },
  on,
  { authorize: (event, { settings }) => requireOperator(event, settings.operatorToken) },
)

export default deploymentsApi(platform)
