import { haproxyArguments, isAnswered, prepareHaproxy } from '../../edge/haproxy.ts'
import { binary } from '../binaries.ts'
import type { Environment } from '../environment.ts'
import type { Part } from '../part.ts'
import { haproxyBeside } from '../several.ts'

/** The data plane of each edge; its control (infra/edge) fills the maps over the runtime socket. */
export const haproxies = ({ config, instances }: Environment): readonly Part[] =>
  instances.edge.map(({ name, own }) => {
    const ofEdge = { ...config, ...own }
    return {
      name: haproxyBeside(name), role: 'server', after: [], stopSignal: 'SIGTERM',
      prepare: async () => prepareHaproxy(ofEdge),
      launch: { file: binary('haproxy'), args: haproxyArguments(ofEdge) },
      // all its listeners are bound before any answers
      ready: { ask: () => isAnswered(ofEdge.EDGE_SOCKET) },
    }
  })
