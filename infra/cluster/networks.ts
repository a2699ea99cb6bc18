import { docker } from '../images/docker.ts'
import { listNames } from './engine.ts'

/**
 * Who meets whom. A container reaches what shares a network with it and, through its node, the internet; nothing else of ours
 * (infra/cluster/firewall.ts closes the nodes' own ports to it).
 */
export const NETWORKS = {
  /** Our parts, the broker, the database and the platform's own functions. */
  platform: 'one-record_platform',
  /** Functions of others, and the gateways that call them. */
  functions: 'one-record_functions',
  /** Slots, and what they may reach: edges, agents and the object store. */
  slots: 'one-record_slots',
  /** The object store's drives among themselves, and the minting service. */
  store: 'one-record_store',
  /** The registry, and the door to it on each node. */
  registry: 'one-record_registry',
} as const

export type NetworkOptions = {
  /** Between nodes in ESP; needs the kernel's IPsec on every node, and costs a third of the throughput. */
  readonly encrypted: boolean
  /** Of what carries the overlay, less 50 for VXLAN; null: 1450. */
  readonly mtu: number | null
}

/** Makes those that are not there. They outlive the stack: services of gateways and slot keepers hang on them. Resolves to the new ones. */
export const makeNetworks = async ({ encrypted, mtu }: NetworkOptions): Promise<readonly string[]> => {
  const there = await listNames('network')
  const missing = Object.values(NETWORKS).filter((name) => !there.has(name))
  for (const name of missing) {
    const options = [...(encrypted ? ['--opt', 'encrypted'] : []), ...(mtu === null ? [] : ['--opt', `com.docker.network.driver.mtu=${mtu}`])]
    await docker(['network', 'create', '--driver', 'overlay', '--label', 'one-record.cluster=true', ...options, name])
  }
  return missing
}
