import { api } from '../../infra/functions/api.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { nodesContract } from './contract.ts'
import { drain, back } from './commands.ts'
import { list, show } from './queries.ts'

/** The nodes and their slots, for operators: what their events tell, what their agents say now, and whether they are to be used. All needs the operator token. */
export const nodesApi = (on: () => Promise<Platform>) => api(nodesContract, { 'GET /': list, 'GET /:node': show, 'POST /:node/drain': drain, 'POST /:node/return': back }, on)

export default nodesApi(platform)
