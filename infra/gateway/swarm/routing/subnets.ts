import ipaddr from 'ipaddr.js'
import { networkInterfaces } from 'node:os'

export type Subnet = ReturnType<typeof ipaddr.parseCIDR>

/** Networks that this machine, or container, is on. */
export const ownSubnets = (): readonly Subnet[] =>
  Object.values(networkInterfaces()).flatMap((addresses = []) => addresses).flatMap(({ cidr, internal }) => (cidr === null || internal ? [] : [ipaddr.parseCIDR(cidr)]))

/** Whether an address is of a subnet; what is no address is of none. */
export const contains = ([network, bits]: Subnet, address: string): boolean => {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  return parsed.kind() === network.kind() && parsed.match(network, bits)
}
