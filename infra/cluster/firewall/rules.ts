/** Chains of ours: the first is entered from INPUT, the second from DOCKER-USER, which Docker leaves to others and keeps. */
export const CHAINS = { input: 'ONE-RECORD-IN', forward: 'ONE-RECORD-FWD' } as const

export type FirewallOptions = {
  /** IPv4 addresses of all nodes, as they reach each other. */
  readonly nodes: readonly string[]
  /** Ports of the edge, for everybody. */
  readonly visitors: readonly number[]
  /** Port of sshd; null: closed. */
  readonly ssh: number | null
}

/** Between nodes: 2377 cluster management (managers), 7946 gossip of the networks, 4789 the overlay itself; ESP when it is encrypted. */
const BETWEEN_NODES = [['tcp', '2377,7946'], ['udp', '7946,4789']] as const
/** Bridges that containers leave their node by. */
const CONTAINERS = ['docker_gwbridge', 'docker0'] as const

/**
 * For `iptables-restore --noflush`: everything is closed but what is named. Into the node: Swarm's ports from the other nodes, the edge's
 * from everywhere. Into containers: the edge's alone; the registry's door and the gateway's port answer their own node only. Out of
 * containers: the internet, but no port of a node besides the edge's, since what comes from a container has its node's address there
 * and would pass for a node; and no metadata service of a cloud (169.254.0.0/16).
 */
export const rulesFor4 = ({ nodes, visitors, ssh }: FirewallOptions): string => {
  const open = visitors.join(',')
  const { input, forward } = CHAINS
  return table([
    ...beginning(input, ssh),
    ...CONTAINERS.flatMap((bridge) => [`-A ${input} -i ${bridge} -p tcp -m multiport --dports ${open} -j RETURN`, `-A ${input} -i ${bridge} -j DROP`]),
    ...nodes.flatMap((node) => [
      ...BETWEEN_NODES.map(([protocol, ports]) => `-A ${input} -s ${node} -p ${protocol} -m multiport --dports ${ports} -j RETURN`),
      `-A ${input} -s ${node} -p esp -j RETURN`,
    ]),
    `-A ${input} -p icmp -j RETURN`,
    `-A ${input} -p tcp -m multiport --dports ${open} -j RETURN`,
    `-A ${input} -j DROP`,
    `-A ${forward} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN`,
    ...CONTAINERS.flatMap((bridge) => [
      ...visitors.map((port) => `-A ${forward} -o ${bridge} ! -i ${bridge} -p tcp -m conntrack --ctstate DNAT --ctorigdstport ${port} -j RETURN`),
      `-A ${forward} -o ${bridge} ! -i ${bridge} -j DROP`,
      ...nodes.flatMap((node) => [`-A ${forward} -i ${bridge} -d ${node} -p tcp -m multiport --dports ${open} -j RETURN`, `-A ${forward} -i ${bridge} -d ${node} -j DROP`]),
      `-A ${forward} -i ${bridge} -d 169.254.0.0/16 -j DROP`,
    ]),
    `-A ${forward} -j RETURN`,
  ], [input, forward])
}

/** The same for IPv6, over which the nodes do not talk: Docker's own listeners are there too. */
export const rulesFor6 = ({ visitors, ssh }: FirewallOptions): string => {
  const { input } = CHAINS
  return table([
    ...beginning(input, ssh),
    `-A ${input} -p ipv6-icmp -j RETURN`,
    `-A ${input} -s fe80::/10 -p udp --dport 546 -j RETURN`, // DHCPv6, RFC 8415
    `-A ${input} -p tcp -m multiport --dports ${visitors.join(',')} -j RETURN`,
    `-A ${input} -j DROP`,
  ], [input])
}

const beginning = (chain: string, ssh: number | null): readonly string[] => [
  `-A ${chain} -i lo -j RETURN`,
  `-A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN`,
  // before whatever comes from containers is closed: they have no business at sshd
  ...CONTAINERS.map((bridge) => (ssh === null ? [] : [`-A ${chain} -i ${bridge} -p tcp --dport ${ssh} -j DROP`])).flat(),
  ...(ssh === null ? [] : [`-A ${chain} -p tcp --dport ${ssh} -j RETURN`]),
]

/** Chains that are named are emptied first: the same rules again are the same. */
const table = (rules: readonly string[], chains: readonly string[]): string => ['*filter', ...chains.map((chain) => `:${chain} - [0:0]`), ...rules, 'COMMIT', ''].join('\n')
