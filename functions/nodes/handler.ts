import { requireOperator } from '../../infra/functions/operator.ts'
import { router } from '../../infra/functions/router.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { list, show } from './queries.ts'

/** The nodes and their slots, for operators: what their events tell, and what their agents say now. All needs the operator token. */
export const nodesApi = (on: () => Promise<Platform>) => router({ 'GET /': list, 'GET /:node': show }, on, {
  authorize: (event, { settings }) => requireOperator(event, settings.operatorToken),
})

export default nodesApi(platform)
