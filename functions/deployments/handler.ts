import { api } from '../../infra/functions/api.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { deploymentsContract } from './contract.ts'
import { create } from './create.ts'
import { rotate } from './credentials.ts'
import { changeSettings, remove, restart, start, stop } from './decisions.ts'
import { activity, history, list, show } from './queries.ts'
import { hibernate, pause, resume } from './sleep.ts'

/** The deployments API. Commands answer 202 and the deployment; all need the operator token until accounts come. */
export const deploymentsApi = (on: () => Promise<Platform>) => api(
  deploymentsContract,
  {
    'GET /': list,
    'POST /': create,
    'GET /:id': show,
    'DELETE /:id': remove,
    'GET /:id/history': history,
    'GET /:id/activity': activity,
    'PATCH /:id/settings': changeSettings,
    'POST /:id/credentials/rotate': rotate,
    'POST /:id/start': start,
    'POST /:id/stop': stop,
    'POST /:id/restart': restart,
    'POST /:id/pause': pause,
    'POST /:id/resume': resume,
    'POST /:id/hibernate': hibernate,
  },
  on,
)

export default deploymentsApi(platform)
