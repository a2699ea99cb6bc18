import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { portOf, type Ports } from './ports.ts'

/** One part of several alike, and what of the configuration is its own. */
export type Instance = { readonly name: string; readonly own: Partial<Config> }
export type Instances = Readonly<Record<'credentials' | 'gateway' | 'dispatcher' | 'projector' | 'agent' | 'edge', readonly Instance[]>>

/**
 * Our parts of which there may be several. A single one keeps its plain name, ports and the data folder; of more, each has a
 * folder of its own in that. Dispatchers are spread over the gateways; each agent is a node; visitors are told of the first edge.
 * `edgeSocket`: where an edge's runtime socket lies, by its folder.
 */
export const instancesOf = (config: Config, ports: Ports, edgeSocket: (folder: string) => string): Instances => {
  const { CREDENTIALS, GATEWAYS, DISPATCHERS, PROJECTORS, AGENTS, EDGES } = config
  return {
    credentials: several('credentials', CREDENTIALS, () => ({})),
    gateway: several('gateway', GATEWAYS, (index, folder) => ({ ...folder(config), GATEWAY_PORT: portOf(ports, 'GATEWAY_PORT', index) })),
    dispatcher: several('dispatcher', DISPATCHERS, (index) => ({ GATEWAY_PORT: portOf(ports, 'GATEWAY_PORT', index % GATEWAYS) })),
    projector: several('projector', PROJECTORS, () => ({})),
    agent: several('agent', AGENTS, (index, folder) => ({ ...folder(config), NODE_NAME: numbered(config.NODE_NAME, index, AGENTS) })),
    edge: EDGES === 1 ? [{ name: 'edge', own: {} }] : several('edge', EDGES, (index, folder) => ({
      ...folder(config), EDGE_ID: numbered(config.EDGE_ID, index, EDGES), EDGE_SOCKET: edgeSocket(folder(config).DATA_DIR ?? config.DATA_DIR),
      HTTP_PORT: portOf(ports, 'HTTP_PORT', index), WAKER_PORT: portOf(ports, 'WAKER_PORT', index), PUBLIC_PORT: config.PUBLIC_PORT || config.HTTP_PORT,
    })),
  }
}

/** The name of HAProxy beside an edge: `haproxy-2` beside `edge-2`. */
export const haproxyBeside = (edge: string): string => edge.replace(/^edge/, 'haproxy')

/** `agent` of `agent-2`. */
export const kindOf = (part: string): string => part.replace(/-\d+$/, '')

/** Every folder in which agents of this data folder ever kept slots, however many there were. */
export const agentFolders = (dataDir: string): readonly string[] =>
  [dataDir, ...(existsSync(dataDir) ? readdirSync(dataDir).filter((name) => /^agent-\d+$/.test(name)).map((name) => join(dataDir, name)) : [])]

type Folder = (config: Config) => Partial<Pick<Config, 'DATA_DIR'>>

const several = (kind: string, count: number, own: (index: number, folder: Folder) => Partial<Config>): readonly Instance[] =>
  Array.from({ length: count }, (_, index) => {
    const name = count === 1 ? kind : `${kind}-${index + 1}`
    return { name, own: own(index, ({ DATA_DIR }) => (count === 1 ? {} : { DATA_DIR: join(DATA_DIR, name) })) }
  })

/** `node-1` and the third: `node-3`; `berlin` and the third: `berlin-3`; the only one as it is. */
const numbered = (name: string, index: number, count: number): string => (count === 1 ? name : `${name.replace(/-\d+$/, '')}-${index + 1}`)
