import { docker } from '../images/docker.ts'
import { engineInfo, type EngineInfo } from './engine.ts'
import { makeNetworks, type NetworkOptions } from './networks.ts'
import { writeFolder, type ClusterSettings, type OperatorFolder } from './operator-folder.ts'
import { giveSecrets, makeSecrets } from './secrets.ts'
import { giveShares } from './shares.ts'
import { makeVolumes } from './volumes.ts'

type Say = (text: string) => void

/** Ports of Swarm itself: infra/cluster/firewall.ts opens them between nodes. */
const MANAGER_PORT = 2377
/** Addresses in each overlay network: 4,094. The default, 254, is less than the slots of a few nodes. */
const SUBNET_BITS = 20
/** Names that become subjects of the broker and the edge's name. */
const NODE_NAME = /^[a-z0-9-]{1,32}$/

export type InitOptions = NetworkOptions & {
  /** Of this node, as the others reach it; null: docker chooses, which it does when there is one only. */
  readonly address: string | null
  readonly settings: Partial<Record<keyof ClusterSettings, string>>
}

/** The first node, from nothing. Again on one that is: what is missing is made. */
export const init = async ({ address, settings, ...networks }: InitOptions, say: Say): Promise<OperatorFolder> => {
  const info = await checked()
  if (info.Swarm.LocalNodeState === 'inactive') {
    const at = address === null ? [] : ['--advertise-addr', address, '--data-path-addr', address, '--listen-addr', `${address}:${MANAGER_PORT}`]
    await docker(['swarm', 'init', '--default-addr-pool-mask-length', String(SUBNET_BITS), ...at])
    say(`${info.Name} is the first node of a new Swarm`)
  } else if (info.Swarm.ControlAvailable) say(`${info.Name} is a manager already`)
  else throw new Error(`${info.Name} is a worker of a Swarm: run this on a manager of it`)

  const folder = writeFolder(settings)
  say(`settings: ${folder.file('cluster.env')}`)
  say(`secrets: ${made(makeSecrets(folder))} in ${folder.secrets}, ${made(await giveSecrets(folder))} in Swarm`)
  say(`networks: ${made(await makeNetworks(networks))}`)
  await makeVolumes()
  say(`volumes of ${info.Name} are there`)
  await giveShares(say)
  return folder
}

/** The tokens with which a node joins. */
export const joinToken = async (role: 'manager' | 'worker'): Promise<string> => (await docker(['swarm', 'join-token', '--quiet', role])).trim()

export type JoinOptions = {
  /** Of a manager, host or host:port. */
  readonly manager: string
  readonly token: string
  readonly address: string | null
}

/** One more node. With the token of managers it gives itself its share; with that of workers, the next `deploy` does. */
export const join = async ({ manager, token, address }: JoinOptions, say: Say): Promise<void> => {
  const info = await checked()
  if (info.Swarm.LocalNodeState === 'inactive') {
    const at = address === null ? [] : ['--advertise-addr', address, '--data-path-addr', address, '--listen-addr', `${address}:${MANAGER_PORT}`]
    await docker(['swarm', 'join', '--token', token, ...at, /:\d+$/.test(manager) ? manager : `${manager}:${MANAGER_PORT}`])
    say(`${info.Name} has joined`)
  } else say(`${info.Name} is in a Swarm already`)
  await makeVolumes()
  say(`volumes of ${info.Name} are there`)
  if ((await engineInfo()).Swarm.ControlAvailable) await giveShares(say)
  else say('as a worker it cannot take a share by itself; the next "deploy" gives it one')
}

const checked = async (): Promise<EngineInfo> => {
  const info = await engineInfo()
  if (info.OSType !== 'linux') throw new Error(`the engine runs on ${info.OSType}: nodes are Linux`)
  if (!NODE_NAME.test(info.Name)) throw new Error(`the node's host name is "${info.Name}": it must be small letters, digits and hyphens, 32 at most (hostnamectl set-hostname NAME, then restart docker)`)
  if (info.Swarm.LocalNodeState === 'locked') throw new Error(`${info.Name}: its Swarm is locked (docker swarm unlock)`)
  return info
}

const made = (names: readonly string[]): string => (names.length === 0 ? 'all there' : `${names.length} made`)
