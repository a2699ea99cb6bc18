import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** What may be called besides public addresses on the ports 80 and 443. */
export type Allow = {
  readonly networks: readonly Entry<readonly [ipaddr.IPv4 | ipaddr.IPv6, number]>[]
  /** Names in lower case; `*.name` is every name below it. */
  readonly hosts: readonly Entry<string>[]
  /** Ports of public addresses. */
  readonly ports: ReadonlySet<number>
}
/** `port` null: every port. */
type Entry<T> = { readonly of: T; readonly port: number | null }

const WEB_PORTS = [80, 443]

/**
 * OUTBOUND_ALLOW, separated by commas. An address or network (`127.0.0.1`, `10.1.0.0/16`, `fd00::/8`, `[::1]:8080`), a name whatever it
 * resolves to (`inventory.internal`, `*.play.localhost`), each on every port or with `:port`; or `:port` alone, a port of public addresses.
 * @throws Error naming the entry that is none of these
 */
export const parseAllow = (text: string): Allow => {
  const networks: Allow['networks'][number][] = []
  const hosts: Allow['hosts'][number][] = []
  const ports = new Set(WEB_PORTS)
  for (const entry of text.split(',').map((part) => part.trim()).filter(Boolean)) {
    const { host, port } = splitPort(entry)
    const network = networkOf(host)
    if (host === '' && port !== null) ports.add(port)
    else if (network) networks.push({ of: network, port })
    else if (HOST.test(host)) hosts.push({ of: host.toLowerCase(), port })
    else throw new Error(`OUTBOUND_ALLOW: "${entry}" is no address, network, name or :port`)
  }
  return { networks, hosts, ports }
}

/** Whether the operator allowed the name itself: then its addresses are not judged. */
export const allowsHost = ({ hosts }: Allow, host: string, port: number): boolean =>
  hosts.some((entry) => (entry.port ?? port) === port && (entry.of.startsWith('*.') ? host.endsWith(entry.of.slice(1)) : host === entry.of))

/** Whether the operator allowed the address. */
export const allowsAddress = ({ networks }: Allow, address: string, port: number): boolean => {
  if (isIP(address) === 0) return false
  const parsed = ipaddr.parse(address)
  return networks.some(({ of: [network, bits], port: only }) => (only ?? port) === port && parsed.kind() === network.kind() && parsed.match([network, bits]))
}

const splitPort = (entry: string): { readonly host: string; readonly port: number | null } => {
  const match = /^(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^:[\]]*)):(?<port>\d{1,5})$/.exec(entry)
  const port = Number(match?.groups?.['port'])
  return match && port <= 65_535 ? { host: match.groups?.['bracketed'] ?? match.groups?.['plain'] ?? '', port } : { host: entry, port: null }
}

const networkOf = (text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null => {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return [ipaddr.IPv4.parse(text), 32]
  return ipaddr.IPv6.isValid(text) ? [ipaddr.IPv6.parse(text), 128] : null
}

// the last label is no number: 10.1 or 127.1 is a slip in an address, not a name
const HOST = /^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z]([a-z0-9-]*[a-z0-9])?$/i
