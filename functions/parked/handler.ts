import { requireOperator } from '../../infra/functions/operator.ts'
import { router, withBody } from '../../infra/functions/router.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { discardBody, oneBody, redriveBody } from './bodies.ts'
import { discard, discardMany, redrive, redriveMany } from './commands.ts'
import { list, show } from './queries.ts'

/** The dead letters API: what functions and other groups gave up. All needs the operator token. */
export const parkedApi = (on: () => Promise<Platform>) => router(
  {
    'GET /': list,
    'POST /redrive': withBody(redriveBody, redriveMany),
    'POST /discard': withBody(discardBody, discardMany),
    'GET /:id': show,
    'POST /:id/redrive': withBody(oneBody, redrive),
    'POST /:id/discard': withBody(oneBody, discard),
  },
  on,
  { authorize: (event, { settings }) => requireOperator(event, settings.operatorToken) },
)

export default parkedApi(platform)
