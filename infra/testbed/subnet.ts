import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { run } from './run.ts'
import { TestbedError } from './testbed-error.ts'

/**
 * Networks for tests between devices (RFC 2544, 198.18.0.0/15): no machine routes there, and no engine takes a network from there by
 * itself, neither for bridges (172.17-31, 192.168) nor for overlays (10.0.0.0/8). 512 of /24.
 */
const [FIRST, COUNT] = [0xc6_12_00_00, 512] as const

type Range = { readonly first: number; readonly last: number }

/** `198.18.7.0/24`, an address without a length being one address. */
export const rangeOf = (cidr: string): Range => {
  const [address = '', length = '32'] = cidr.split('/')
  const size = 2 ** (32 - Number(length))
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  const first = Math.floor(number / size) * size
  return { first, last: first + size - 1 }
}

/** The first three numbers of the network, `198.18.7`. @throws TestbedError when none of them is free */
export const chooseSubnet = (taken: readonly string[], start: number): string => {
  const ranges = taken.map(rangeOf)
  for (let n = 0; n < COUNT; n += 1) {
    const first = FIRST + ((start + n) % COUNT) * 256
    if (ranges.every((range) => range.last < first || range.first > first + 255)) return [first >>> 24, (first >>> 16) & 255, (first >>> 8) & 255].join('.')
  }
  throw new TestbedError('no free network in 198.18.0.0/15: which of its addresses does this machine route?')
}

/** One that overlaps no route and no address of this machine, from anywhere in the range: two that begin at once differ. */
export const freeSubnet = async (): Promise<string> => chooseSubnet([...(await addresses()).map(({ cidr }) => cidr), ...(await routes())], randomInt(COUNT))

/** Whether another link has an address in it: two beds chose at the same moment. */
export const isShared = async (subnet: string, bridge: string): Promise<boolean> =>
  (await addresses()).some(({ link, cidr }) => link !== bridge && cidr.startsWith(`${subnet}.`))

const links = z.array(z.object({ ifname: z.string(), addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.int().optional() })) }))

const addresses = async (): Promise<readonly { readonly link: string; readonly cidr: string }[]> =>
  links.parse(JSON.parse(await run('ip', ['-4', '-j', 'address']))).flatMap(({ ifname, addr_info }) => addr_info.flatMap(({ local, prefixlen = 32 }) => (local ? [{ link: ifname, cidr: `${local}/${prefixlen}` }] : [])))

const routes = async (): Promise<readonly string[]> =>
  z.array(z.object({ dst: z.string() })).parse(JSON.parse(await run('ip', ['-4', '-j', 'route', 'show', 'table', 'all'])))
    .map(({ dst }) => dst).filter((dst) => dst !== 'default' && dst !== '0.0.0.0/0')
