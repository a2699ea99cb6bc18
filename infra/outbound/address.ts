import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Public by their range and yet answered by the machine room: Azure's metadata and DNS (Microsoft, "What is IP address 168.63.129.16"). */
const METADATA = new Set(['168.63.129.16'])
/** All that IANA has given out as global unicast; the rest of IPv6 is special, IPv4-compatible `::a.b.c.d` too. */
const GLOBAL_UNICAST: readonly [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

/**
 * Why no stranger may have us call this address, null when it is a public one. Loopback, private, link-local (the metadata
 * services), CGNAT, multicast, unspecified, reserved, and every form of IPv6 that carries an IPv4 address.
 * @param address as a resolver or a URL gives it, without brackets
 */
export const privateReason = (address: string): string | null => {
  if (isIP(address) === 0) return `${address} is no address`
  const parsed = ipaddr.parse(address)
  const range = parsed.range()
  const isGlobal = parsed instanceof ipaddr.IPv6 ? parsed.match([...GLOBAL_UNICAST]) : !METADATA.has(parsed.toString())
  return range === 'unicast' && isGlobal ? null : `${address} is not a public address (${range === 'unicast' ? 'reserved' : WORDS[range] ?? range})`
}

const WORDS: Readonly<Record<string, string>> = {
  linkLocal: 'link-local', carrierGradeNat: 'carrier-grade NAT', uniqueLocal: 'private', ipv4Mapped: 'IPv4 in IPv6', rfc6145: 'IPv4 in IPv6', rfc6052: 'IPv4 in IPv6',
  '6to4': 'IPv4 in IPv6', teredo: 'IPv4 in IPv6',
}
