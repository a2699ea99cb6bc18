import { connect } from 'node:net'
import { haproxyArguments, prepareHaproxy } from '../../edge/haproxy.ts'
import { binary } from '../binaries.ts'
import type { Environment } from '../environment.ts'
import type { Part } from '../part.ts'

/** The edge's data plane; its control (infra/edge) fills the maps over the runtime socket. */
export const haproxy = ({ config }: Environment): Part => ({
  name: 'haproxy', role: 'server', after: [], stopSignal: 'SIGTERM',
  prepare: async () => prepareHaproxy(config),
  launch: { file: binary('haproxy'), args: haproxyArguments(config) },
  ready: { ask: () => answers(config.EDGE_SOCKET) },
})

/** All its listeners are bound before any answers. */
const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false))
  })
