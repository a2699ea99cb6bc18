import { existsSync, readdirSync } from 'node:fs'
import { z } from 'zod'
import { bridgeOf, isOf } from './names.ts'
import { run, succeeds } from './run.ts'
import type { BedNode } from './state.ts'
import { freeSubnet, isShared } from './subnet.ts'
import { TestbedError } from './testbed-error.ts'

const NAMESPACES = '/run/netns'

/** Makes the bridge with the address `.1` of a free network. Resolves to the network's first three numbers. */
export const makeBridge = async (bed: string): Promise<string> => {
  const bridge = bridgeOf(bed)
  await run('ip', ['link', 'add', bridge, 'type', 'bridge'])
  for (;;) {
    const subnet = await freeSubnet()
    await run('ip', ['address', 'add', `${subnet}.1/24`, 'dev', bridge])
    if (!(await isShared(subnet, bridge))) {
      await run('ip', ['link', 'set', bridge, 'up'])
      for (const rule of rules(bridge)) await run('iptables', ['-w', '-I', ...rule])
      return subnet
    }
    await run('ip', ['address', 'flush', 'dev', bridge])
  }
}

/** With br_netfilter frames between two ports of a bridge pass FORWARD, which Docker closes; and nodes reach the registry. */
const rules = (bridge: string): readonly (readonly string[])[] => [
  ['FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT'],
  ['INPUT', '-i', bridge, '-j', 'ACCEPT'],
]

/** A network namespace on the bridge. It has no way out: what a node reaches is in the bed. */
export const makeNode = async (bed: string, { link, address }: BedNode): Promise<void> => {
  await run('ip', ['netns', 'add', link])
  await run('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', link])
  await run('ip', ['link', 'set', link, 'master', bridgeOf(bed), 'up'])
  await run('ip', ['-n', link, 'link', 'set', 'lo', 'up'])
  await run('ip', ['-n', link, 'address', 'add', `${address}/24`, 'dev', 'eth0'])
  await run('ip', ['-n', link, 'link', 'set', 'eth0', 'up'])
}

export const namespacePath = (link: string): string => `${NAMESPACES}/${link}`

/** Links and namespaces of a bed that are there. */
export const networkOf = async (bed: string): Promise<{ readonly links: readonly string[]; readonly namespaces: readonly string[] }> => ({
  links: z.array(z.object({ ifname: z.string() })).parse(JSON.parse(await run('ip', ['-j', 'link']))).map(({ ifname }) => ifname).filter(isOf(bed)),
  namespaces: existsSync(NAMESPACES) ? readdirSync(NAMESPACES).filter(isOf(bed)) : [],
})

/** Removes whatever is there of a bed's network; another may do the same. @throws TestbedError naming what cannot be removed */
export const removeNetwork = async (bed: string): Promise<void> => {
  const { links, namespaces } = await networkOf(bed)
  for (const link of links) await succeeds('ip', ['link', 'del', link]) // the other end of a cable may have taken it along
  for (const namespace of namespaces) await succeeds('ip', ['netns', 'del', namespace])
  for (const rule of rules(bridgeOf(bed))) while (await succeeds('iptables', ['-w', '-D', ...rule]));
  const left = Object.values(await networkOf(bed)).flat()
  if (left.length > 0) throw new TestbedError(`${left.join(', ')} of the test bed ${bed} cannot be removed`)
}
