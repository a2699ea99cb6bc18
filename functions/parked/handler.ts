import { api } from '../../infra/functions/api.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { discard, discardMany, redrive, redriveMany } from './commands.ts'
import { parkedContract } from './contract.ts'
import { list, show } from './queries.ts'

/** The dead letters API: what functions and other groups gave up. All needs the operator token. */
export const parkedApi = (on: () => Promise<Platform>) => api(
  parkedContract,
  {
    'GET /': list,
    'POST /redrive': redriveMany,
    'POST /discard': discardMany,
    'GET /:id': show,
    'POST /:id/redrive': redrive,
    'POST /:id/discard': discard,
  },
  on,
)

export default parkedApi(platform)
